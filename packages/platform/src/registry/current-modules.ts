/** Modules as this version of Pappus prepares them: those that another version prepared are made anew when they are first wanted, and kept. */
import { AppError, Cancellation, errorMessage, type Logger } from '@pappus/core';
import type { ComputeEngine, FunctionSource } from '../engine/compute-engine.ts';
import type { FunctionHash } from '../functions/function-spec.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import type { LoadedFunction } from './module-source.ts';
import type { Registry } from './registry.ts';
import { isCurrent, type FunctionVersion } from './version.ts';

export interface CurrentModulesOptions {
  readonly registry: Pick<Registry, 'load' | 'original' | 'keepPreparation'>;
  readonly prepare: ComputeEngine['prepare'];
  readonly logger: Logger;
}

export class CurrentModules implements FunctionSource {
  readonly #options: CurrentModulesOptions;

  constructor(options: CurrentModulesOptions) {
    this.#options = options;
  }

  /** Rejects with `unsupported` where this version refuses what another one took. */
  async load(hash: FunctionHash): Promise<Pick<LoadedFunction, 'spec' | 'module'> | null> {
    const loaded = await this.#options.registry.load(hash);
    if (loaded === null || isCurrent(loaded.version)) return loaded;
    return { spec: loaded.spec, module: await this.#again(loaded.version) };
  }

  async #again(version: FunctionVersion): Promise<PreparedModule> {
    const { registry, prepare } = this.#options;
    const { name, spec } = version;
    const preparation = await prepare(await registry.original(version), spec, new Cancellation());
    if (preparation.kind === 'refused') {
      throw new AppError('unsupported', `${name} was prepared by another version of Pappus, and this one refuses it: ${preparation.problems.join('; ')}`, { hint: `Mend it and deploy ${name} again.` });
    }
    await this.#keep(version, preparation.module);
    return preparation.module;
  }

  /** Where it can't be kept it runs all the same, and is prepared again after the next start. */
  async #keep(version: FunctionVersion, module: PreparedModule): Promise<void> {
    const { registry, logger } = this.#options;
    try {
      await registry.keepPreparation(version.hash, module);
    } catch (thrown) {
      logger.log('warn', 'a module that was prepared again could not be kept', { name: version.name, error: errorMessage(thrown) });
    }
  }
}
