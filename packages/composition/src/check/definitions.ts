/** What a module defines: its functions and compositions by name, each once, with lists of names that hold each name once. */
import type { Signature } from '../graph.ts';
import { MAX_SETS_OF_FUNCTION } from '../limits.ts';
import type { DiagnosticList } from '../source/diagnostic.ts';
import { suggestion } from '../source/nearest-name.ts';
import type { Module, ModuleItem, Name } from '../syntax/ast.ts';

export interface Definition {
  readonly item: ModuleItem;
  readonly signature: Signature;
}

/** What a check of one composition needs to know of the module around it. */
export interface Scope {
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Signatures of what is registered; null where that is not known. */
  readonly registered: ReadonlyMap<string, Signature> | null;
  readonly skipped: ReadonlySet<string>;
  readonly diagnostics: DiagnosticList;
}

export function collectDefinitions(module: Module, diagnostics: DiagnosticList): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const item of module.items) {
    checkNames(item.inputs, 'input', item, diagnostics);
    checkNames(item.outputs, 'output', item, diagnostics);
    const before = definitions.get(item.name.text);
    if (before === undefined) definitions.set(item.name.text, { item, signature: signatureOf(item) });
    else reportRepeated(item, before.item, diagnostics);
  }
  return definitions;
}

const signatureOf = ({ inputs, outputs }: ModuleItem): Signature => ({ inputs: inputs.map(({ text }) => text), outputs: outputs.map(({ text }) => text) });

function checkNames(names: readonly Name[], what: 'input' | 'output', item: ModuleItem, diagnostics: DiagnosticList): void {
  if (names.length > MAX_SETS_OF_FUNCTION) {
    diagnostics.error('too-many-sets', item.name.span, `\`${item.name.text}\` has ${names.length} ${what}s, more than ${MAX_SETS_OF_FUNCTION}`);
  }
  const seen = new Map<string, Name>();
  for (const name of names) {
    const before = seen.get(name.text);
    if (before === undefined) seen.set(name.text, name);
    else {
      const related = { span: before.span, message: 'first here' };
      diagnostics.error('duplicate-name', name.span, `\`${item.name.text}\` has two ${what}s named \`${name.text}\``, { related });
    }
  }
}

function reportRepeated(item: ModuleItem, before: ModuleItem, diagnostics: DiagnosticList): void {
  const { text, span } = item.name;
  const related = { span: before.name.span, message: 'first here' };
  if (item.kind === 'function' && before.kind === 'function' && sameNames(item, before)) {
    diagnostics.warning('duplicate-definition', span, `\`${text}\` is declared twice`, { related, hint: 'one declaration is enough' });
    return;
  }
  const hint = item.kind === before.kind ? null : 'a composition of this module can be applied without a declaration: remove it, or rename one of them';
  diagnostics.error('duplicate-definition', span, `\`${text}\` is already defined`, { related, hint });
}

function sameNames(left: ModuleItem, right: ModuleItem): boolean {
  const list = (item: ModuleItem): string => JSON.stringify(signatureOf(item));
  return list(left) === list(right);
}

/** Declarations against what is registered. Position counts: names may differ, their number may not. */
export function checkRegistered({ definitions, registered, diagnostics }: Scope): void {
  if (registered === null) return;
  for (const { item, signature } of definitions.values()) {
    if (item.kind !== 'function') continue;
    const { text, span } = item.name;
    const known = registered.get(text);
    if (known === undefined) {
      diagnostics.error('unregistered-function', span, `no function or composition \`${text}\` is registered`, { hint: () => suggestion(text, registered.keys()) });
    } else if (known.inputs.length !== signature.inputs.length || known.outputs.length !== signature.outputs.length) {
      const counts = ({ inputs, outputs }: Signature): string => `${plural(inputs.length, 'input')} and ${plural(outputs.length, 'output')}`;
      const hint = `it is registered as \`${declarationText(text, known)}\``;
      diagnostics.error('arity-mismatch', span, `\`${text}\` has ${counts(known)}, and is declared with ${counts(signature)}`, { hint });
    } else if (isShuffled(known.inputs, signature.inputs) || isShuffled(known.outputs, signature.outputs)) {
      const hint = `position counts, not the name: it is registered as \`${declarationText(text, known)}\``;
      diagnostics.warning('shuffled-names', span, `\`${text}\` is declared with the registered names in another order`, { hint });
    }
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The same names in another order: hardly what was meant. */
const isShuffled = (known: readonly string[], declared: readonly string[]): boolean =>
  known.some((name, index) => name !== declared[index]) && known.every((name) => declared.includes(name));

/** The declaration that the language asks for. */
export const declarationText = (name: string, { inputs, outputs }: Signature): string => `function ${name}(${inputs.join(', ')}) => (${outputs.join(', ')});`;
