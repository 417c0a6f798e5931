/**
 * TypeScript and JavaScript to the one ES module that a function is. For whoever deploys; what serves functions never
 * loads this, and esbuild is loaded only when it is called.
 */
import { builtinModules } from 'node:module';
import { basename, dirname } from 'node:path';
import type { BuildFailure, Message, Plugin, PluginBuild } from 'esbuild';

export type Bundle =
  | { readonly kind: 'bundled'; /** With its source map at the end. */ readonly code: Uint8Array; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** What the engine of functions understands without being rewritten. */
const TARGET = 'es2024';

/** `entry`: the path of a `.ts`, `.tsx`, `.js`, `.jsx`, `.mts` or `.mjs` file. All problems at once. */
export async function bundleFunction(entry: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  try {
    const result = await build({
      entryPoints: [basename(entry)],
      absWorkingDir: dirname(entry),
      outfile: 'function.js',
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['module'],
      target: TARGET,
      charset: 'utf8',
      legalComments: 'none',
      sourcemap: 'inline',
      sourcesContent: false,
      define: { 'process.env.NODE_ENV': '"production"' },
      logLevel: 'silent',
      plugins: [withoutNode],
    });
    return { kind: 'bundled', code: result.outputFiles[0]?.contents ?? new Uint8Array(0), warnings: result.warnings.map(line) };
  } catch (thrown) {
    const errors = (thrown as Partial<BuildFailure>).errors;
    if (errors === undefined) throw thrown;
    return { kind: 'refused', problems: errors.map(line) };
  }
}

const ASKED = Symbol('asked');

/** Node's modules are not there. Some have the name of a package that does the same anywhere, such as `buffer`. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup(build: PluginBuild) {
    build.onResolve({ filter: new RegExp(`^(node:.*|${builtinModules.join('|')})$`) }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === ASKED) return undefined;
      const text = `functions have no Node.js: ${JSON.stringify(path)} can't be imported`;
      if (path.startsWith('node:')) return { errors: [{ text }] };
      const found = await build.resolve(path, { kind, resolveDir, pluginData: ASKED });
      return found.errors.length > 0 ? { errors: [{ text }] } : found;
    });
  },
};

function line({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
