/** The sets of one composition: its inputs and what its applications fill. Each is assigned once and used as often as one likes. */
import type { SetIndex } from '../graph.ts';
import { MAX_SETS } from '../limits.ts';
import type { DiagnosticList } from '../source/diagnostic.ts';
import type { Composition, Name } from '../syntax/ast.ts';

interface SetEntry {
  readonly index: SetIndex;
  readonly name: Name;
  readonly isInput: boolean;
  used: boolean;
}

export class SetTable {
  readonly #entries = new Map<string, SetEntry>();

  /** Reports what is assigned twice. The order of applications does not matter, so all sets are known before any is used. */
  constructor(composition: Composition, diagnostics: DiagnosticList) {
    for (const name of composition.inputs) if (!this.#entries.has(name.text)) this.#define(name, true);
    for (const { outputs } of composition.applications) for (const { set } of outputs) this.#assign(set, diagnostics);
    if (this.#entries.size > MAX_SETS) {
      diagnostics.error('too-many-sets', composition.name.span, `\`${composition.name.text}\` has ${this.#entries.size} sets, more than ${MAX_SETS}`);
    }
  }

  /** In the order of their numbers. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The set's number, noting that it is used; null where there is no such set. */
  use(name: string): SetIndex | null {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    entry.used = true;
    return entry.index;
  }

  indexOf(name: string): SetIndex | null {
    return this.#entries.get(name)?.index ?? null;
  }

  reportUnused(skipped: ReadonlySet<string>, diagnostics: DiagnosticList): void {
    for (const { name, isInput, used } of this.#entries.values()) {
      if (used || skipped.has(name.text)) continue;
      if (isInput) diagnostics.warning('unused-input', name.span, `the input \`${name.text}\` is not used`);
      else diagnostics.warning('unused-set', name.span, `the set \`${name.text}\` is not used`, { hint: 'an output that nobody needs can be left out' });
    }
  }

  #assign(set: Name, diagnostics: DiagnosticList): void {
    const before = this.#entries.get(set.text);
    if (before === undefined) {
      this.#define(set, false);
      return;
    }
    const related = { span: before.name.span, message: before.isInput ? 'the input' : 'first assigned here' };
    const hint = 'a set is assigned once: give this one a name of its own';
    if (before.isInput) diagnostics.error('assigned-input', set.span, `\`${set.text}\` is an input of the composition and cannot be assigned`, { related, hint });
    else diagnostics.error('assigned-twice', set.span, `the set \`${set.text}\` is already assigned`, { related, hint });
  }

  #define(name: Name, isInput: boolean): void {
    this.#entries.set(name.text, { index: this.#entries.size, name, isInput, used: false });
  }
}
