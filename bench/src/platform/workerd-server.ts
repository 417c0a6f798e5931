/** workerd with a worker that makes a WebAssembly instance for each request and runs `copy` in it by the lean interface. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { assembleWasm } from '@pappus/testkit';
import { spawnServer, type ChildServer } from './child-server.ts';
import { COPY } from './programs.ts';

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js"), (name = "copy.wasm", wasm = embed "copy.wasm")],
    compatibilityDate = "2026-01-01"
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`;

/** The sets of a run: 1 set at 1024, 1 item at 1040, its data from 8192 on. */
const WORKER = `import module from './copy.wasm';
export default {
  async fetch(request) {
    const body = new Uint8Array(await request.arrayBuffer());
    const { memory, pappus_alloc, pappus_run } = new WebAssembly.Instance(module).exports;
    const data = pappus_alloc(body.length);
    new Uint8Array(memory.buffer).set(body, data);
    const words = new Uint32Array(memory.buffer);
    words.set([1032, 1], 1024 / 4);
    words.set([0, 0, 1048, 1], 1032 / 4);
    words.set([0, 0, 0, data, body.length], 1048 / 4);
    const sets = pappus_run(1024);
    const item = words[(words[sets / 4] + 8) / 4];
    const [from, length] = [words[item / 4 + 3], words[item / 4 + 4]];
    return new Response(new Uint8Array(memory.buffer, from, length).slice());
  },
};
`;

const require = createRequire(import.meta.url);
/** The package says which program it has for this machine. It has no types, and is for `require`. */
const program = (): string => (require('workerd') as { readonly default: string }).default;

export async function startWorkerd(folder: string): Promise<ChildServer> {
  const config = join(folder, 'config.capnp');
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, 'worker.js'), WORKER);
  writeFileSync(join(folder, 'copy.wasm'), await assembleWasm(COPY));
  return spawnServer(program(), ['serve', '--control-fd=1', config], (output) => {
    const port = /"event":"listen".*"port":(\d+)/.exec(output)?.[1];
    return port === undefined ? null : `http://127.0.0.1:${port}`;
  });
}
