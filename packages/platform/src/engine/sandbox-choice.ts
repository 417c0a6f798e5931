/** What an engine's thread runs functions with: each kind of function its own sandboxes. JavaScript's load at their first use. */
import { systemClock, systemRandom } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { Printed, SandboxFactory } from '../sandbox/sandbox.ts';
import { createWasmSandboxFactory } from '../sandbox/wasm-factory.ts';

export function createSandboxFactory(printed: Printed): SandboxFactory {
  const services = { clock: systemClock, random: systemRandom, printed };
  const wasm = createWasmSandboxFactory(services);
  let javascript: Promise<SandboxFactory> | null = null;
  const factoryFor = ({ kind }: FunctionSpec): Promise<SandboxFactory> | SandboxFactory => {
    if (kind === 'wasm') return wasm;
    javascript ??= import('../javascript/javascript-sandbox-factory.ts').then(({ createJavaScriptSandboxFactory }) => createJavaScriptSandboxFactory(services));
    return javascript;
  };
  return {
    prepare: async (code, spec) => (await factoryFor(spec)).prepare(code, spec),
    open: async (module, spec) => (await factoryFor(spec)).open(module, spec),
  };
}
