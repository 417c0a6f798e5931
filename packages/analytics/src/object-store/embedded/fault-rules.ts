/** Faults that tests ask the embedded store for; chance is seeded, so a run can be repeated. */
import { randomFraction, type Random } from '@pappus/core';
import type { RequestKind } from '../request-counts.ts';

export const FAULT_KINDS = ['slow-down', 'internal-error', 'forbidden', 'not-found', 'reset', 'reset-body', 'truncate-body', 'short-body', 'stall'] as const;
/**
 * `reset`: the connection is reset before an answer. `reset-body` and `truncate-body`: half of the body, then a
 * reset or an orderly end. `short-body`: a well-formed answer with fewer bytes than the range. `stall`: no answer.
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRule {
  readonly fault: FaultKind;
  /** Absent: every kind of request. */
  readonly kind?: RequestKind;
  /** Only keys with this prefix. */
  readonly keyPrefix?: string;
  /** From 0 to 1; absent is always. */
  readonly probability?: number;
  /** How often at most. */
  readonly times?: number;
}

export class Faults {
  readonly #random: Random;
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The fault for a request, or null. */
  pick(kind: RequestKind, key: string): FaultKind | null {
    for (const entry of this.#rules) {
      const { rule, left } = entry;
      const applies = left > 0 && (rule.kind === undefined || rule.kind === kind) && key.startsWith(rule.keyPrefix ?? '');
      if (!applies || randomFraction(this.#random) >= (rule.probability ?? 1)) continue;
      entry.left--;
      return rule.fault;
    }
    return null;
  }
}
