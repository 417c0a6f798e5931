/** The services of a folder as its pappus.json has them now: those that are no longer there end, those whose file has changed start again. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceProcess, type ServiceOptions } from './service-process.ts';

interface Service {
  readonly fingerprint: string;
  /** Null for one that did not start: it is tried again when its file has changed. */
  readonly process: ServiceProcess | null;
}

export class ServiceSet {
  readonly #options: Omit<ServiceOptions, 'file'>;
  readonly #services = new Map<string, Service>();

  constructor(options: Omit<ServiceOptions, 'file'>) {
    this.#options = options;
  }

  /** Resolves when all that can run are ready; the others are told to `failed`. */
  async follow(files: readonly string[], failed: (thrown: unknown) => void): Promise<void> {
    for (const [file, { fingerprint, process }] of [...this.#services]) {
      if (files.includes(file) && (await this.#fingerprint(file)) === fingerprint) continue;
      this.#services.delete(file);
      await process?.stop();
    }
    for (const file of files) {
      if (this.#services.has(file)) continue;
      const fingerprint = await this.#fingerprint(file);
      const process = await ServiceProcess.start({ ...this.#options, file }).catch((thrown: unknown) => {
        if (this.#options.signal.aborted) throw thrown;
        failed(thrown);
        return null;
      });
      this.#services.set(file, { fingerprint, process });
    }
  }

  async stop(): Promise<void> {
    const services = [...this.#services.values()];
    this.#services.clear();
    await Promise.all(services.flatMap(({ process }) => (process === null ? [] : [process.stop()])));
  }

  async #fingerprint(file: string): Promise<string> {
    const content = await readFile(join(this.#options.folder, file)).catch(() => Buffer.alloc(0));
    return createHash('sha256').update(content).digest('hex');
  }
}
