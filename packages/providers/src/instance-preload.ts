/**
 * Code that every local instance runs before its entry, as a data: URL: no file, no thread, no type stripping,
 * and no variable in the instance's environment. About 1 ms.
 *
 * - The second string behind the reaper: the IPC channel ends with the parent; a process whose main thread is free
 *   notices at once and kills itself.
 * - The compile cache: an instance that runs TypeScript sources spends most of its start-up on stripping types, which
 *   Node keeps on disk between processes. It is written after a second, since an instance that is killed writes none.
 */
const PARENT_WATCH = `process.once('disconnect', () => process.kill(process.pid, 'SIGKILL')); process.channel?.unref();`;

const compileCache = (folder: string): string =>
  `const { enableCompileCache, flushCompileCache } = process.getBuiltinModule('node:module');
  enableCompileCache(${JSON.stringify(folder)});
  setTimeout(flushCompileCache, 1000).unref();`;

/** Node's arguments that bring the code in. */
export function preloadArgs(compileCacheFolder: string | undefined): readonly string[] {
  const code = compileCacheFolder === undefined ? PARENT_WATCH : PARENT_WATCH + compileCache(compileCacheFolder);
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
