/**
 * Finds libduckdb. The npm packages of DuckDB's Node bindings ship the whole shared library beside their addon,
 * and it exports the complete C API; loading it directly gives us Arrow, vectors and callbacks that the addon
 * does not offer, and saves loading the addon at all.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '@pappus/core';

export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** Resolves a module specifier to a file name, or throws. */
export type Resolve = (specifier: string) => string;

const fileNames: ReadonlyMap<string, string> = new Map([
  ['linux', 'libduckdb.so'],
  ['darwin', 'libduckdb.dylib'],
  ['win32', 'duckdb.dll'],
]);

/** The file name of libduckdb for a platform; throws `unsupported` or `not-found`. */
export function findDuckDbLibrary(platform: Platform = { os: process.platform, arch: process.arch }, resolve: Resolve = bindingsResolve()): string {
  const { os, arch } = platform;
  const fileName = fileNames.get(os);
  if (fileName === undefined) throw new AppError('unsupported', `DuckDB has no library for the platform ${os}-${arch}`);
  // npm installs the package for glibc or the one for musl, whichever fits.
  const packages = [`@duckdb/node-bindings-${os}-${arch}`, ...(os === 'linux' ? [`@duckdb/node-bindings-${os}-${arch}-musl`] : [])];
  for (const packageName of packages) {
    const path = locate(`${packageName}/package.json`, resolve);
    if (path !== null && existsSync(join(path, fileName))) return join(path, fileName);
  }
  throw new AppError('not-found', `DuckDB's library ${fileName} is missing: the package ${packages.join(' or ')} is not installed`, {
    hint: 'Run `npm install` on the machine where the program runs; the package is an optional dependency of @duckdb/node-bindings.',
  });
}

function locate(specifier: string, resolve: Resolve): string | null {
  try {
    return dirname(resolve(specifier));
  } catch {
    return null;
  }
}

/** npm may nest the platform package below @duckdb/node-bindings, so resolution starts there. */
function bindingsResolve(): Resolve {
  const own = createRequire(import.meta.url);
  return (specifier) => createRequire(own.resolve('@duckdb/node-bindings/package.json')).resolve(specifier);
}
