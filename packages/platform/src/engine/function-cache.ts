/**
 * The functions that a thread holds:
 *
 *   received ── first use ──► awake ── others need the room ──► at rest ── next use ──► awake …
 *
 * An instance and its memory take much room and are soon made, compiled code takes little and is dear: so many functions
 * are held, and few are awake. What is at rest for longest goes when there are too many, and is sent again when it is wanted.
 */
import { errorMessage } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule, SandboxFactory } from '../sandbox/sandbox.ts';
import { OPENED_PER_WEIGHING } from './limits.ts';
import type { OpenFunction } from './segment-runner.ts';

export interface FunctionCacheLimits {
  /** Functions that are held, and of these so many awake. */
  readonly functions: number;
  readonly awake: number;
  /** Bytes that all of them keep alive. */
  readonly keptBytes: number;
}

interface Holding {
  readonly id: number;
  readonly spec: FunctionSpec;
  /** Null once it is open: the sandbox holds the compiled module. */
  module: PreparedModule | null;
  open: OpenFunction | null;
  isAwake: boolean;
  /** What it kept alive when that was looked at. It changes only while it is awake. */
  bytes: number;
  lastUse: number;
}

export class FunctionCache {
  readonly #factory: SandboxFactory;
  readonly #limits: FunctionCacheLimits;
  /** Those that are not awake stand in the order in which they came or went to rest. */
  readonly #holdings = new Map<number, Holding>();
  readonly #awake = new Set<Holding>();
  /** Of all holdings. */
  #bytes = 0;
  #uses = 0;
  #opened = 0;
  #evicted: number[] = [];

  constructor(factory: SandboxFactory, limits: FunctionCacheLimits) {
    this.#factory = factory;
    this.#limits = limits;
  }

  receive(id: number, spec: FunctionSpec, module: PreparedModule): void {
    this.#drop(id);
    this.#uses += 1;
    this.#holdings.set(id, { id, spec, module, open: null, isAwake: false, bytes: module.bytes.length, lastUse: this.#uses });
    this.#bytes += module.bytes.length;
  }

  /** The function, when it is awake. */
  openOf(id: number): OpenFunction | null {
    const holding = this.#holdings.get(id);
    if (holding === undefined || !holding.isAwake) return null;
    this.#uses += 1;
    holding.lastUse = this.#uses;
    return holding.open;
  }

  has(id: number): boolean {
    return this.#holdings.has(id);
  }

  /**
   * Wakes a function that is held; those of `wanted` stay. When there is no memory or address space for it, all others
   * are closed and it is tried once more.
   */
  async open(id: number, wanted: readonly number[]): Promise<OpenFunction> {
    const holding = this.#holdings.get(id);
    if (holding === undefined) throw new Error(`function ${id} is not held`);
    let open: OpenFunction;
    try {
      open = await this.#wake(holding);
    } catch (error) {
      if (!this.#evictAwake(wanted)) throw error;
      open = await this.#wake(holding).catch((again: unknown) => {
        throw new Error(`a function could not be opened: ${errorMessage(again)}`, { cause: again });
      });
    }
    while (this.#awake.size > this.#limits.awake) {
      const oldest = this.#oldestAwake(wanted);
      if (oldest === null) break;
      this.#rest(oldest);
    }
    this.#opened += 1;
    if (this.#opened % OPENED_PER_WEIGHING === 0) for (const each of this.#awake) this.#weigh(each);
    this.#evictOver(wanted);
    return open;
  }

  /** After a run that may have made them larger: what they keep alive counts at once, and what has no room goes. */
  weigh(ids: readonly number[]): void {
    for (const id of ids) {
      const holding = this.#holdings.get(id);
      if (holding?.isAwake === true) this.#weigh(holding);
    }
    this.#evictOver(ids);
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

  #weigh(holding: Holding): void {
    const bytes = holding.open?.sandbox.keptBytes ?? holding.bytes;
    this.#bytes += bytes - holding.bytes;
    holding.bytes = bytes;
  }

  async #wake(holding: Holding): Promise<OpenFunction> {
    if (holding.open !== null && holding.isAwake) return holding.open;
    if (holding.open === null) holding.open = { sandbox: await this.#factory.open(holding.module as PreparedModule, holding.spec), spec: holding.spec };
    else holding.open.sandbox.wake();
    holding.module = null;
    holding.isAwake = true;
    this.#uses += 1;
    holding.lastUse = this.#uses;
    this.#awake.add(holding);
    this.#weigh(holding);
    return holding.open;
  }

  #rest(holding: Holding): void {
    holding.open?.sandbox.rest();
    this.#awake.delete(holding);
    holding.isAwake = false;
    this.#weigh(holding);
    this.#holdings.delete(holding.id);
    this.#holdings.set(holding.id, holding);
  }

  #evictOver(wanted: readonly number[]): void {
    while (this.#holdings.size > this.#limits.functions || this.#bytes > this.#limits.keptBytes) {
      const oldest = this.#oldestAtRest(wanted) ?? this.#oldestAwake(wanted);
      if (oldest === null) return;
      this.discard([oldest.id]);
    }
  }

  #evictAwake(wanted: readonly number[]): boolean {
    const closed = [...this.#awake].map(({ id }) => id).filter((id) => !wanted.includes(id));
    this.discard(closed);
    return closed.length > 0;
  }

  #oldestAtRest(wanted: readonly number[]): Holding | null {
    for (const holding of this.#holdings.values()) if (!holding.isAwake && !wanted.includes(holding.id)) return holding;
    return null;
  }

  #oldestAwake(wanted: readonly number[]): Holding | null {
    let oldest: Holding | null = null;
    for (const holding of this.#awake) {
      if (holding.lastUse < (oldest?.lastUse ?? Number.POSITIVE_INFINITY) && !wanted.includes(holding.id)) oldest = holding;
    }
    return oldest;
  }

  #drop(id: number): boolean {
    const holding = this.#holdings.get(id);
    if (holding === undefined) return false;
    this.#awake.delete(holding);
    this.#bytes -= holding.bytes;
    holding.open?.sandbox.rest();
    return this.#holdings.delete(id);
  }
}

const NONE: readonly number[] = [];
