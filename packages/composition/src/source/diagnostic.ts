/** What is wrong with a module, as data. An expected outcome, so it is returned, never thrown. */
import { MAX_DIAGNOSTICS } from '../limits.ts';
import type { Span } from './span.ts';

export type DiagnosticCode =
  // Text.
  | 'source-too-long'
  | 'unexpected-character'
  | 'unterminated-comment'
  | 'invalid-name'
  | 'name-too-long'
  // Syntax.
  | 'syntax'
  | 'unknown-item'
  | 'missing-distribution'
  | 'unknown-distribution'
  | 'unknown-join-kind'
  // Names.
  | 'unknown-function'
  | 'unknown-set'
  | 'unknown-parameter'
  | 'unknown-return'
  | 'duplicate-definition'
  | 'duplicate-name'
  | 'duplicate-argument'
  | 'duplicate-return'
  | 'missing-input'
  // Flow.
  | 'assigned-twice'
  | 'assigned-input'
  | 'unassigned-output'
  | 'unused-set'
  | 'unused-input'
  | 'cycle'
  | 'recursion'
  // `by`.
  | 'unknown-join-input'
  | 'ambiguous-join-input'
  | 'repeated-join-input'
  | 'join-not-keyed'
  | 'join-mixes-keyed'
  | 'join-of-one'
  // Registered functions.
  | 'unregistered-function'
  | 'arity-mismatch'
  | 'shuffled-names'
  // Limits.
  | 'too-many-items'
  | 'too-many-applications'
  | 'too-many-sets'
  | 'too-many-diagnostics';

/** An error keeps the module from running; a warning does not. */
export type Severity = 'error' | 'warning';

/** A second place that explains the first. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
  /** What to do about it, or null. */
  readonly hint: string | null;
  readonly related: Related | null;
}

export interface Explanation {
  /** A function where the hint takes time to find: it is not called for what is not reported. */
  readonly hint?: string | null | (() => string | null);
  readonly related?: Related;
}

/** Collects diagnostics up to the limit. Warnings never take the place of errors. */
export class DiagnosticList {
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #places = new Set<number>();
  #dropped = false;

  /** No further error is taken: whoever looks for errors may stop. */
  get full(): boolean {
    return this.#errors.length >= MAX_DIAGNOSTICS;
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  /** An error is reported that starts there: a second one would say the same in other words. */
  hasErrorAt(start: number): boolean {
    return this.#places.has(start);
  }

  error(code: DiagnosticCode, span: Span, message: string, explanation: Explanation = {}): void {
    if (!this.full) this.#places.add(span.start);
    this.#add(this.#errors, 'error', code, span, message, explanation);
  }

  warning(code: DiagnosticCode, span: Span, message: string, explanation: Explanation = {}): void {
    this.#add(this.#warnings, 'warning', code, span, message, explanation);
  }

  toArray(): readonly Diagnostic[] {
    return bounded([...this.#errors, ...this.#warnings], this.#dropped);
  }

  #add(list: Diagnostic[], severity: Severity, code: DiagnosticCode, span: Span, message: string, { hint = null, related }: Explanation): void {
    if (list.length >= MAX_DIAGNOSTICS) {
      this.#dropped = true;
      return;
    }
    const found = typeof hint === 'function' ? hint() : hint;
    list.push(Object.freeze({ severity, code, message, span, hint: found, related: related ?? null }));
  }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.some(({ severity }) => severity === 'error');

/** Diagnostics of several steps over the same text as one list, in the order of the text. */
export function mergeDiagnostics(...lists: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  const all = lists.flat();
  const errors = all.filter(({ severity }) => severity === 'error');
  return bounded([...errors, ...all.filter(({ severity }) => severity === 'warning')], false);
}

/** `found` has errors before warnings. */
function bounded(found: readonly Diagnostic[], dropped: boolean): readonly Diagnostic[] {
  const more = found.find(({ code }) => code === 'too-many-diagnostics');
  const real = found.filter(({ code }) => code !== 'too-many-diagnostics');
  const cut = dropped || more !== undefined || real.length >= MAX_DIAGNOSTICS;
  const kept = cut ? real.slice(0, MAX_DIAGNOSTICS - 1) : real;
  const sorted = kept.toSorted((left, right) => left.span.start - right.span.start);
  const last = sorted.at(-1);
  return cut && last !== undefined ? [...sorted, more ?? thereAreMore(last.span)] : sorted;
}

function thereAreMore(span: Span): Diagnostic {
  const message = `there are more than ${MAX_DIAGNOSTICS - 1} problems; the others are not shown`;
  return Object.freeze({ severity: 'warning', code: 'too-many-diagnostics', message, span, hint: 'correct these first', related: null });
}
