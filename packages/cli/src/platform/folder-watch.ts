/** Tells when something in a folder has changed and been quiet again for a moment: editors write in several steps. */
import { watch } from 'node:fs';
import { AppError, errorMessage, type Clock, type Timer } from '@pappus/core';
import { QUIET_MS } from './limits.ts';

export interface FolderWatch {
  /** Resolves at the next change, at once if there was one since the last call; rejects when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void>;
  stop(): void;
}

export function watchFolder(folder: string, clock: Clock): FolderWatch {
  let timer: Timer | null = null;
  let isChanged = false;
  let wake: () => void = () => {};
  let failure: AppError | null = null;
  const settled = (): void => {
    isChanged = true;
    wake();
  };
  const watcher = watch(folder, { recursive: true });
  watcher.on('change', () => {
    timer?.cancel();
    timer = clock.schedule(QUIET_MS, settled);
  });
  watcher.on('error', (thrown) => {
    failure = new AppError('unavailable', `${folder} is no longer watched: ${errorMessage(thrown)}`, { cause: thrown });
    wake();
  });
  return {
    async changed(signal) {
      if (!isChanged && failure === null) await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) resolve();
      });
      wake = () => {};
      signal.throwIfAborted();
      if (failure !== null) throw failure;
      isChanged = false;
    },
    stop() {
      timer?.cancel();
      watcher.close();
    },
  };
}
