import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AppError } from '@pappus/core';
import { findDuckDbLibrary } from './library.ts';

describe('finding libduckdb', () => {
  test('finds the library of this machine', () => {
    expect(existsSync(findDuckDbLibrary())).toBe(true);
  });

  test('a missing package is named, with what to do', () => {
    const missing = (): never => {
      throw new Error('not installed');
    };
    const find = (): string => findDuckDbLibrary({ os: 'linux', arch: 'arm64' }, missing);
    expect(find).toThrow(AppError);
    expect(find).toThrow(/@duckdb\/node-bindings-linux-arm64 or .*-musl is not installed/);
  });

  test('a platform without DuckDB is unsupported', () => {
    expect(() => findDuckDbLibrary({ os: 'aix', arch: 'ppc64' })).toThrow(/no library for the platform aix-ppc64/);
  });
});
