/** Node's compile cache of this process, for the processes that it starts: most of their start is compiling the same files. */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/** A piece of a child's environment; empty when this process has no compile cache. */
export function sharedCompileCache(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
