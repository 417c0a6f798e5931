/** Whether a module may run here: every objection at once, in words that its author can act on. */
import { quoted } from '../sets/item-name.ts';
import { interruptedBytes } from './interruption.ts';
import { MAX_BODY_BYTES, MAX_BULK_SITES, MAX_EXPORTS, MAX_FUNCTIONS, MAX_GLOBALS, MAX_IMPORTS, MAX_INITIAL_VALUE_BYTES, MAX_MEMORY_SITES, MAX_PROBLEMS, MAX_SEGMENTS, MAX_TABLE_ENTRIES, MAX_TABLES, MAX_TYPES, PAGE_BYTES } from './limits.ts';
import { EXTERNAL, type ModuleFacts, type Signature } from './module-facts.ts';

/** Functions that a module may import, by module and name. */
export type Importable = ReadonlyMap<string, ReadonlyMap<string, Signature>>;

export type Abi = 'wasi' | 'lean';

export interface EntryPoint {
  readonly name: string;
  readonly signature: Signature;
}

/** What a module exports for each way in; the first one whose last function is there counts. */
export const ENTRY_POINTS: Readonly<Record<Abi, readonly EntryPoint[]>> = {
  lean: [{ name: 'pappus_alloc', signature: 'i:i' }, { name: 'pappus_run', signature: 'i:i' }],
  wasi: [{ name: '_start', signature: ':' }],
};

/** Exports of this beginning are ours: the rewriter makes them. */
export const RESERVED_PREFIX = 'pappus:';

export const abiOf = (facts: ModuleFacts): Abi | null =>
  (['lean', 'wasi'] as const).find((abi) => facts.exports.some(({ name }) => name === ENTRY_POINTS[abi].at(-1)?.name)) ?? null;

/** Problems in plain words, none when the module may run with `memoryBytes` of memory. */
export function moduleProblems(facts: ModuleFacts, importable: Importable, memoryBytes: number): readonly string[] {
  const problems = [
    ...[...facts.refused, ...facts.code.unsupported].map((feature) => `the module uses ${feature}, which is not supported`),
    ...importProblems(facts, importable),
    ...entryProblems(facts),
    ...memoryProblems(facts, memoryBytes),
    ...countProblems(facts),
    ...tableProblems(facts),
  ];
  if (problems.length <= MAX_PROBLEMS) return problems;
  return [...problems.slice(0, MAX_PROBLEMS), `… and ${problems.length - MAX_PROBLEMS} more`];
}

const KIND_NAMES = ['function', 'table', 'memory', 'global', 'tag'];

function importProblems(facts: ModuleFacts, importable: Importable): readonly string[] {
  const problems: string[] = [];
  for (const { module, name, kind, signature } of facts.imports) {
    const what = `${KIND_NAMES[kind] ?? 'thing'} ${quoted(name)} from ${quoted(module)}`;
    const wanted = importable.get(module)?.get(name);
    if (kind !== EXTERNAL.function) problems.push(`the module imports the ${what}: only functions can be imported`);
    else if (!importable.has(module)) problems.push(`the module imports the ${what}: only ${[...importable.keys()].map(quoted).join(', ')} can be imported from${abortHint(module, name)}`);
    else if (wanted === undefined) problems.push(`the module imports the ${what}, which does not exist here`);
    else if (wanted !== signature) problems.push(`the module imports the ${what} with another type than it has`);
  }
  return problems;
}

/** What every AssemblyScript module imports unless it is told not to. */
const abortHint = (module: string, name: string): string => (module === 'env' && name === 'abort' ? ' (AssemblyScript: compile with --use abort=)' : '');

function entryProblems(facts: ModuleFacts): readonly string[] {
  const problems: string[] = [];
  const abi = abiOf(facts);
  if (abi === null) problems.push('the module exports no function "_start" (a WASI program) nor "pappus_run" (the lean interface)');
  else {
    for (const { name, signature } of ENTRY_POINTS[abi]) {
      const found = facts.exports.find((each) => each.name === name);
      if (found === undefined) problems.push(`the module exports "pappus_run" but no function "${name}"`);
      else if (found.signature !== signature) problems.push(`the export "${name}" is not a function of the right type`);
    }
  }
  const initialise = facts.exports.find(({ name }) => name === '_initialize');
  if (initialise !== undefined && initialise.signature !== ':') problems.push('the export "_initialize" is not a function without parameters and results');
  for (const { name } of facts.exports) {
    if (name.startsWith(RESERVED_PREFIX)) problems.push(`the module exports ${quoted(name)}: names that begin with "${RESERVED_PREFIX}" are reserved`);
  }
  return problems;
}

function memoryProblems(facts: ModuleFacts, memoryBytes: number): readonly string[] {
  const [memory, ...others] = facts.memories;
  if (memory === undefined) return facts.imports.some(({ kind }) => kind === EXTERNAL.memory) ? [] : ['the module has no memory'];
  if (others.length > 0) return [`the module has ${others.length + 1} memories: it may have one`];
  if (memory.shared) return ['the memory is shared between threads: it may not be'];
  if (memory.wide) return ['the memory has 64-bit addresses: only 32-bit ones are supported'];
  const bytes = memory.minimum * PAGE_BYTES;
  return bytes > memoryBytes ? [`the module begins with ${bytes} bytes of memory, more than its limit of ${memoryBytes}`] : [];
}

function countProblems(facts: ModuleFacts): readonly string[] {
  const counts: readonly (readonly [string, number, number])[] = [
    ['types', facts.types.length, MAX_TYPES],
    ['functions', facts.functionTypes.length, MAX_FUNCTIONS],
    ['imports', facts.imports.length, MAX_IMPORTS],
    ['bytes in one function', facts.bodies.reduce((most, { start, end }) => Math.max(most, end - start), 0), MAX_BODY_BYTES],
    ['bytes in one function with what is put before its instructions on ranges', interruptedBytes(facts), MAX_BODY_BYTES],
    ['globals', facts.globals.length, MAX_GLOBALS],
    ['bytes of initial values of globals', facts.globals.reduce((sum, { initStart, initEnd }) => sum + initEnd - initStart, 0), MAX_INITIAL_VALUE_BYTES],
    ['exports', facts.exports.length, MAX_EXPORTS],
    ['tables', facts.tables.length, MAX_TABLES],
    ['data and element segments', facts.elementSegments + facts.dataSegments, MAX_SEGMENTS],
    ['uses of memory.size and memory.grow', facts.code.memorySites.length, MAX_MEMORY_SITES],
    ['instructions on ranges of memory or tables', facts.code.bulkSites.length, MAX_BULK_SITES],
  ];
  return counts.filter(([, count, limit]) => count > limit).map(([what, count, limit]) => `the module has ${count} ${what}: at most ${limit} are allowed`);
}

function tableProblems(facts: ModuleFacts): readonly string[] {
  const problems: string[] = [];
  for (const { size } of facts.tables) {
    if (size.wide) problems.push('a table has 64-bit indices: only 32-bit ones are supported');
  }
  const entries = facts.tables.reduce((sum, { size }) => sum + size.minimum, 0);
  if (entries > MAX_TABLE_ENTRIES) problems.push(`the tables have ${entries} entries: at most ${MAX_TABLE_ENTRIES} are allowed in all of them`);
  return problems;
}
