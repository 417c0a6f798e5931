/** A module's way through registration: valid, allowed, understood, rewritten. */
import { AppError, errorMessage } from '@pappus/core';
import type { Preparation } from '../sandbox/sandbox.ts';
import { printable } from '../sets/item-name.ts';
import { MalformedModule } from './byte-reader.ts';
import { planIsolation } from './isolation.ts';
import { MAX_MODULE_BYTES } from './limits.ts';
import { abiOf, moduleProblems, type Importable } from './module-check.ts';
import { readModule, type ModuleFacts } from './module-facts.ts';
import { rewriteModule } from './module-rewriting.ts';
import { webAssembly } from './web-assembly.ts';

const refused = (...problems: readonly string[]): Preparation => ({ kind: 'refused', problems });

export function prepareModule(code: Uint8Array, importable: Importable, memoryBytes: number): Preparation {
  if (code.length > MAX_MODULE_BYTES) return refused(`the module has ${code.length} bytes: at most ${MAX_MODULE_BYTES} are allowed`);
  if (!webAssembly.validate(code)) return refused(`this is not a valid WebAssembly module: ${invalidity(code)}`);
  let facts: ModuleFacts;
  try {
    facts = readModule(code);
  } catch (thrown) {
    if (thrown instanceof MalformedModule) return refused(`the module can't be analysed: ${thrown.message}`);
    throw thrown;
  }
  const problems = moduleProblems(facts, importable, memoryBytes);
  const abi = abiOf(facts);
  if (problems.length > 0 || abi === null) return refused(...problems);
  const isolation = planIsolation(facts, memoryBytes);
  const { mode, reasons, memory } = isolation;
  const bytes = rewriteModule(facts, isolation);
  if (!webAssembly.validate(bytes)) throw new AppError('internal', `the rewritten module is not valid: ${invalidity(bytes)}`);
  return {
    kind: 'prepared',
    module: {
      bytes,
      report: {
        mode,
        reasons,
        abi,
        imports: facts.imports.map(({ module, name }) => `${module}.${name}`),
        memory: { initialPages: memory.initialPages, maximumPages: memory.maximumPages },
        functions: facts.functionTypes.length,
        tableEntries: tableEntries(facts),
      },
    },
  };
}

/** With those that are kept to put changed ones back. */
const tableEntries = ({ tables, code }: ModuleFacts): number => tables.reduce((sum, { size }, table) => sum + size.minimum * (code.changedTables.has(table) ? 2 : 1), 0);

/** What the engine says of an invalid module; it quotes names of the module. */
function invalidity(bytes: Uint8Array): string {
  try {
    void new webAssembly.Module(bytes);
    return 'no reason given';
  } catch (thrown) {
    return printable(errorMessage(thrown).replace(/^WebAssembly\.Module\(\): /, '').slice(0, 300));
  }
}
