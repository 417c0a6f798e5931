/** Which part of the repository a file belongs to: the rules differ for product code, tests and tools. */

/** Code that only tests, benches or tools run: it may read the real clock and need not inject its randomness. */
const TEST_ONLY: readonly RegExp[] = [
  /\.test\.ts$/,
  /-suite\.ts$/,
  /^(bench|tests|scripts)\//,
  /^[^/]+\.config\.ts$/,
  /^packages\/[^/]+\/src\/(.*\/)?testing(\/|\.ts$)/,
  // The process that a test of the engine starts and ends.
  /^packages\/analytics\/src\/engine\/exiting-process\.ts$/,
  // The suite that every transport of an exchange passes, and the group that it runs on.
  /^packages\/analytics\/src\/exchange\/(compliance|direct\/loopback-group)\.ts$/,
  // The generator and the oracle of the differential suite.
  /^packages\/analytics\/src\/differential\//,
];

export const isTestOnly = (path: string): boolean => TEST_ONLY.some((pattern) => pattern.test(path));

/** `packages/analytics/src/session.ts` is in `analytics`, `bench/src/x.ts` in `bench`; root files are in none. */
export function packageOf(path: string): string | null {
  const [first, second] = path.split('/');
  if (first === 'bench') return 'bench';
  return first === 'packages' && second !== undefined ? second : null;
}
