/** Plans by what is invoked, for as long as names mean the same. */
import { PlanCompiler, type IoLookup, type PlanSource } from './plan-compiler.ts';
import { MAX_PLANS } from './limits.ts';
import type { Plan } from './plan.ts';

export class PlanCache {
  readonly #source: PlanSource;
  readonly #compiler: PlanCompiler;
  /** A Map keeps the order of use. */
  readonly #plans = new Map<string, Plan>();
  #revision: number;

  constructor(source: PlanSource, io: IoLookup) {
    this.#source = source;
    this.#compiler = new PlanCompiler(source, io);
    this.#revision = source.revision;
  }

  /** Throws what the source throws for an unknown name, and `invalid-argument` for a composition that no longer fits its callees. */
  get(reference: string): Plan {
    if (this.#revision !== this.#source.revision) {
      this.#plans.clear();
      this.#revision = this.#source.revision;
    }
    const known = this.#plans.get(reference);
    if (known !== undefined) return known;
    const plan = this.#compiler.compile(reference);
    if (this.#plans.size >= MAX_PLANS) this.#forgetOldest();
    this.#plans.set(reference, plan);
    return plan;
  }

  #forgetOldest(): void {
    const [oldest] = this.#plans.keys();
    if (oldest !== undefined) this.#plans.delete(oldest);
  }
}
