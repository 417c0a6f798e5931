/** Makes sandboxes of WebAssembly modules: the way from deployed bytes to runs. */
import { errorMessage, type Clock, type Random } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import { prepareModule } from '../module/module-preparation.ts';
import { markWrites } from '../module/write-marks.ts';
import { webAssembly, type WasmModule } from '../module/web-assembly.ts';
import { printable } from '../sets/item-name.ts';
import { GuestCode, type GuestCodeParts, type InstanceSource } from './guest-instance.ts';
import { GuestMemory } from './guest-memory.ts';
import { KeptInstance } from './kept-instance.ts';
import { LeanInterface } from './lean/lean-interface.ts';
import { COMPILED_HERE_BYTES } from './limits.ts';
import type { GuestInterface } from './guest-interface.ts';
import { MemoryPool } from './memory-pool.ts';
import { PooledInstance } from './pooled-instance.ts';
import type { PreparedModule, Printed, SandboxFactory } from './sandbox.ts';
import { TrialInstances, type MakeMarked } from './trial-instances.ts';
import { WASI_IMPORTABLE } from './wasi/signatures.ts';
import { WasiInterface } from './wasi/wasi-interface.ts';
import { WasiRun } from './wasi/wasi-run.ts';
import { WasmSandbox } from './wasm-sandbox.ts';
import { WrittenBlocks } from './written-blocks.ts';

export interface WasmSandboxOptions {
  /** What functions see that declare a clock or randomness. */
  readonly clock: Clock;
  readonly random: Random;
  readonly printed?: Printed;
  /** Whether code marks what it writes: where that is found to be faster, if nothing is said. Tests say it. */
  readonly marks?: Marking;
}

export type Marking = 'tried' | 'always' | 'never';

/** One factory per thread: the sandboxes that it opens share its pool of memories. */
export function createWasmSandboxFactory(options: WasmSandboxOptions): SandboxFactory {
  const pool = new MemoryPool();
  const blocks = new WrittenBlocks();
  return {
    async prepare(code, spec) {
      const prepared = prepareModule(code, WASI_IMPORTABLE, spec.limits.memoryBytes);
      if (prepared.kind === 'refused') return prepared;
      const { bytes, report } = prepared.module;
      const { imports } = interfaceFor(prepared.module, spec, options);
      const problem = instanceProblem(new GuestCode({ module: await webAssembly.compile(bytes), imports, memory: report.memory, tableEntries: report.tableEntries, pool, written: null }));
      return problem === null ? prepared : { kind: 'refused', problems: [problem] };
    },
    async open(module, spec) {
      const { bytes, report } = module;
      const compiled = await compile(bytes);
      const guestInterface = interfaceFor(module, spec, options);
      const code = { module: compiled, imports: guestInterface.imports, memory: report.memory, tableEntries: report.tableEntries, pool, written: null };
      const newSource = (of: GuestCodeParts): InstanceSource => (report.mode === 'reset' ? new KeptInstance(new GuestCode(of)) : new PooledInstance(new GuestCode(of)));
      const marked = (): InstanceSource | null => {
        const markedBytes = markWrites(bytes);
        return markedBytes === null ? null : newSource({ ...code, module: new webAssembly.Module(markedBytes), written: blocks });
      };
      const instances = chosenSource(newSource(code), marked, options);
      return new WasmSandbox({ mode: report.mode, spec, instances, interface: guestInterface, codeBytes: FUNCTION_BYTES + bytes.length * CODE_FACTOR });
    },
  };
}

function chosenSource(plain: InstanceSource, marked: MakeMarked, { marks = 'tried', clock }: WasmSandboxOptions): InstanceSource {
  switch (marks) {
    case 'tried':
      return new TrialInstances(plain, marked, clock);
    case 'always':
      return marked() ?? plain;
    case 'never':
      return plain;
  }
}

/** A small module is compiled sooner than another thread is asked to. */
const compile = (bytes: Uint8Array): WasmModule | Promise<WasmModule> => (bytes.length <= COMPILED_HERE_BYTES ? new webAssembly.Module(bytes) : webAssembly.compile(bytes));

/** The module itself and the machine code of two compilers; and what the smallest function has resident, measured over thousands. */
const CODE_FACTOR = 6;
const FUNCTION_BYTES = 20_480;

function interfaceFor({ report }: PreparedModule, spec: FunctionSpec, options: WasmSandboxOptions): GuestInterface {
  if (report.abi === 'wasi') return new WasiInterface(new WasiRun(spec, options));
  if (report.imports.length === 0) return new LeanInterface(spec, new GuestMemory(), null);
  const wasi = new WasiRun(spec, options);
  return new LeanInterface(spec, wasi.memory, wasi);
}

/** Makes one instance, which runs no code of the guest: segments that do not fit are found now and not at the first run. */
function instanceProblem(code: GuestCode): string | null {
  const instances = new PooledInstance(code);
  try {
    instances.enter(0);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof webAssembly.RuntimeError || thrown instanceof webAssembly.LinkError)) throw thrown;
    return `no instance of the module can be made: ${printable(errorMessage(thrown).replace(/^WebAssembly\.Instance\(\): /, ''))}`;
  } finally {
    instances.leave();
  }
}
