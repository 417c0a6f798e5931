/**
 * JavaScript functions behind the interface that all sandboxes have. One factory serves one thread: it owns the base
 * image and the engine instances, which the sandboxes of all functions share.
 */
import { AppError, type Clock, type Random } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule, Preparation, Printed, Sandbox, SandboxFactory } from '../sandbox/sandbox.ts';
import { type BaseImage, makeBaseImage } from './base-image.ts';
import type { HostServices } from './host-functions.ts';
import { bundleOf, decodeImage, type FunctionImage } from './image.ts';
import { InstancePool } from './instance-pool.ts';
import { JavaScriptSandbox } from './javascript-sandbox.ts';
import { prepareBundle } from './preparation.ts';

export interface JavaScriptSandboxOptions {
  /** For functions that declare them. */
  readonly clock: Clock;
  readonly random: Random;
  readonly printed?: Printed;
}

export function createJavaScriptSandboxFactory(options: JavaScriptSandboxOptions): SandboxFactory {
  const pool = new InstancePool();
  let made: BaseImage | null = null;
  const base = (): BaseImage => (made ??= makeBaseImage());
  const services = ({ capabilities }: FunctionSpec): HostServices => ({
    clock: capabilities.clock ? options.clock : null,
    random: capabilities.random ? options.random : null,
  });
  const prepare = (code: Uint8Array, spec: FunctionSpec): Preparation => prepareBundle(code, spec, { base: base(), pool, services: services(spec) });

  /** An image made on another base, as an older version of Pappus had it, is made again from its bundle. */
  const fitting = (image: FunctionImage, spec: FunctionSpec): FunctionImage => {
    if (image.baseId === base().id) return image;
    const again = prepare(bundleOf(image), spec);
    if (again.kind === 'prepared') return decodeImage(again.module.bytes);
    throw new AppError('unsupported', `a JavaScript function that an older version prepared does not run on this one: ${again.problems.join('; ')}`, { hint: 'deploy the function again' });
  };

  return {
    prepare: async (code, spec) => prepare(code, spec),
    open: async (module: PreparedModule, spec: FunctionSpec): Promise<Sandbox> =>
      new JavaScriptSandbox({ base: base(), pool, image: fitting(decodeImage(module.bytes), spec), services: services(spec), printed: options.printed ?? null }, spec),
  };
}
