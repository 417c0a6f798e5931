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
  /** True on a Linux with musl instead of glibc. */
  readonly musl: boolean;
}

/** Resolves a module specifier to a file name, or throws. */
export type Resolve = (specifier: string) => string;

const fileNames: ReadonlyMap<string, string> = new Map([
  ['linux', 'libduckdb.so'],
  ['darwin', 'libduckdb.dylib'],
  ['win32', 'duckdb.dll'],
]);

export function currentPlatform(): Platform {
  const linux = process.platform === 'linux';
  return { os: process.platform, arch: process.arch, musl: linux && !existsSync('/lib64/ld-linux-x86-64.so.2') && !existsSync('/lib/ld-linux-aarch64.so.1') };
}

/** The file name of libduckdb for a platform; throws `unsupported` or `not-found`. */
export function findDuckDbLibrary(platform: Platform = currentPlatform(), resolve: Resolve = bindingsResolve()): string {
  const fileName = fileNames.get(platform.os);
  const name = `${platform.os}-${platform.arch}${platform.musl ? '-musl' : ''}`;
  if (fileName === undefined) throw new AppError('unsupported', `DuckDB has no library for the platform ${name}`);
  const packageName = `@duckdb/node-bindings-${name}`;
  const path = locate(packageName, resolve);
  if (path !== null && existsSync(join(path, fileName))) return join(path, fileName);
  throw new AppError('not-found', `DuckDB's library ${fileName} is missing: the package ${packageName} is not installed`, {
    hint: 'Run `npm install` on the machine where the program runs; the package is an optional dependency of @duckdb/node-bindings.',
  });
}

function locate(packageName: string, resolve: Resolve): string | null {
  try {
    return dirname(resolve(`${packageName}/package.json`));
  } catch {
    return null;
  }
}

/** npm may nest the platform package below @duckdb/node-bindings, so resolution starts there. */
function bindingsResolve(): Resolve {
  const own = createRequire(import.meta.url);
  return (specifier) => createRequire(own.resolve('@duckdb/node-bindings/package.json')).resolve(specifier);
}
