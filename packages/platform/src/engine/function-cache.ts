/** The functions that a thread holds: received, then opened at their first use, and closed again when others need the room. */
import { errorMessage } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule, SandboxFactory } from '../sandbox/sandbox.ts';
import type { OpenFunction } from './segment-runner.ts';

export interface FunctionCacheLimits {
  readonly functions: number;
  readonly keptBytes: number;
}

interface Holding {
  readonly spec: FunctionSpec;
  /** Null once it is open: the sandbox holds the compiled module. */
  module: PreparedModule | null;
  open: OpenFunction | null;
  lastUse: number;
}

export class FunctionCache {
  readonly #factory: SandboxFactory;
  readonly #limits: FunctionCacheLimits;
  readonly #holdings = new Map<number, Holding>();
  #uses = 0;
  #evicted: number[] = [];

  constructor(factory: SandboxFactory, limits: FunctionCacheLimits) {
    this.#factory = factory;
    this.#limits = limits;
  }

  receive(id: number, spec: FunctionSpec, module: PreparedModule): void {
    this.#drop(id);
    this.#uses += 1;
    this.#holdings.set(id, { spec, module, open: null, lastUse: this.#uses });
  }

  /** The function, when it is open. */
  openOf(id: number): OpenFunction | null {
    const holding = this.#holdings.get(id);
    if (holding === undefined || holding.open === null) return null;
    this.#uses += 1;
    holding.lastUse = this.#uses;
    return holding.open;
  }

  has(id: number): boolean {
    return this.#holdings.has(id);
  }

  /**
   * Opens a function that is held; those of `wanted` stay. When there is no memory or address space for it, all others
   * are closed and it is tried once more.
   */
  async open(id: number, wanted: readonly number[]): Promise<OpenFunction> {
    const holding = this.#holdings.get(id);
    if (holding === undefined) throw new Error(`function ${id} is not held`);
    if (holding.open !== null) return holding.open;
    const module = holding.module as PreparedModule;
    let sandbox;
    try {
      sandbox = await this.#factory.open(module, holding.spec);
    } catch (error) {
      if (!this.#evictAll(wanted)) throw error;
      sandbox = await this.#factory.open(module, holding.spec).catch((again: unknown) => {
        throw new Error(`a function could not be opened: ${errorMessage(again)}`, { cause: again });
      });
    }
    holding.module = null;
    holding.open = { sandbox, spec: holding.spec };
    this.#evictOver(wanted);
    return holding.open;
  }

  /** Closes a function whose sandbox threw: what state it is in is unknown. */
  discard(ids: readonly number[]): void {
    for (const id of ids) if (this.#drop(id)) this.#evicted.push(id);
  }

  /** What was closed since the last call, for the gateway. */
  takeEvicted(): readonly number[] {
    if (this.#evicted.length === 0) return NONE;
    const evicted = this.#evicted;
    this.#evicted = [];
    return evicted;
  }

  #evictOver(wanted: readonly number[]): void {
    for (;;) {
      const { bytes, oldest } = this.#look(wanted);
      const isOver = this.#holdings.size > this.#limits.functions || bytes > this.#limits.keptBytes;
      if (!isOver || oldest === null) return;
      this.#drop(oldest);
      this.#evicted.push(oldest);
    }
  }

  #evictAll(wanted: readonly number[]): boolean {
    const closed = [...this.#holdings].filter(([id, { open }]) => open !== null && !wanted.includes(id)).map(([id]) => id);
    this.discard(closed);
    return closed.length > 0;
  }

  /** Bytes that are kept, and the function that may go and was used longest ago. */
  #look(wanted: readonly number[]): { readonly bytes: number; readonly oldest: number | null } {
    let bytes = 0;
    let oldest: number | null = null;
    let lastUse = Number.POSITIVE_INFINITY;
    for (const [id, holding] of this.#holdings) {
      bytes += holding.open === null ? (holding.module?.bytes.length ?? 0) : holding.open.sandbox.keptBytes;
      if (holding.lastUse >= lastUse || wanted.includes(id)) continue;
      oldest = id;
      lastUse = holding.lastUse;
    }
    return { bytes, oldest };
  }

  #drop(id: number): boolean {
    this.#holdings.get(id)?.open?.sandbox.dispose();
    return this.#holdings.delete(id);
  }
}

const NONE: readonly number[] = [];
