/** A gateway with its engines in processes of their own, in a folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PappusClient, type FunctionSpecRequest } from '@pappus/api';
import { assembleWasm } from '@pappus/testkit';
import { forkServer, type ChildServer } from './child-server.ts';

export interface Gateway extends ChildServer {
  readonly client: PappusClient;
  /** Where a composition or function is invoked. */
  invokeUrl(name: string): string;
}

export interface GatewayOptions {
  readonly folder: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly nodeFlags?: readonly string[];
}

const DRAIN_MS = 1_000;

export async function startGateway({ folder, config = {}, nodeFlags = [] }: GatewayOptions): Promise<Gateway> {
  const program = new URL('./gateway-process.ts', import.meta.url);
  const server = await forkServer(program, [JSON.stringify({ folder, port: 0, drainMs: DRAIN_MS, ...config })], nodeFlags);
  return { ...server, client: new PappusClient({ url: server.url }), invokeUrl: (name) => `${server.url}/v1/invoke/${name}` };
}

export async function withGateway<T>(config: Readonly<Record<string, unknown>>, work: (gateway: Gateway) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const gateway = await startGateway({ folder, config, nodeFlags: profileFlags() });
    try {
      return await work(gateway);
    } finally {
      await gateway.stop();
    }
  });
}

/** `PAPPUS_BENCH_PROFILE=DIR` writes a processor profile of each gateway there. */
function profileFlags(): readonly string[] {
  const folder = process.env['PAPPUS_BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pappus-bench-platform-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SETS: FunctionSpecRequest = { inputs: ['in'], outputs: ['out'] };

/** `program` is WebAssembly text, or a module; its sets are `in` and `out`. */
export async function deploy({ client }: Gateway, name: string, program: string | Uint8Array, changes: Partial<FunctionSpecRequest> = {}): Promise<void> {
  await client.deployFunction(name, { ...SETS, ...changes }, typeof program === 'string' ? await assembleWasm(program) : program);
}

/** A composition `name(a) => (z)` of functions with the sets `in` and `out`, each run on what the one before has given. */
export async function deployChain({ client }: Gateway, name: string, functions: readonly string[], distribution: 'all' | 'each' = 'all'): Promise<void> {
  const declared = [...new Set(functions)].map((one) => `function ${one}(in) => (out);`);
  const last = functions.length - 1;
  const applied = functions.map((one, step) => `  ${one}(in = ${distribution} ${step === 0 ? 'a' : `s${step}`}) => (${step === last ? 'z' : `s${step + 1}`} = out);`);
  await client.deployComposition(name, `${declared.join('\n')}\ncomposition ${name}(a) => (z) {\n${applied.join('\n')}\n}\n`);
}
