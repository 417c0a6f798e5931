import type { ViteUserConfig } from 'vitest/config';

// `unit` is `npm test`: fast, no root, no network beyond loopback. The other projects are the slow suites
// that have an npm script of their own; a file belongs to one by its ending.
const suite = (name: string, include: string, testTimeout: number): ViteUserConfig & { extends: true } => ({
  extends: true,
  test: { name, include: [include], testTimeout, hookTimeout: testTimeout },
});

const config: ViteUserConfig = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      suite('unit', '{packages/*/src,tests,scripts}/**/*.test.ts', 30_000),
      suite('tpch-suite', 'packages/*/src/**/*.tpch-suite.ts', 900_000),
      suite('differential-suite', 'packages/*/src/**/*.differential-suite.ts', 1_800_000),
      suite('faults-suite', 'packages/*/src/**/*.faults-suite.ts', 600_000),
      suite('examples-suite', 'packages/*/src/**/*.examples-suite.ts', 120_000),
      suite('fuzz-suite', 'packages/*/src/**/*.fuzz-suite.ts', 3_600_000),
    ],
  },
};

export default config;
