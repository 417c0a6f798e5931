/**
 * Who may import whom (ARCHITECTURE.md, "Packages"). A package that is not in this table may not exist; an edge that is
 * not in it has to be argued for in ARCHITECTURE.md first.
 */

export interface PackageRule {
  /** Packages of this repository that its code may import. */
  readonly uses: readonly string[];
  /** What its tests may import besides. */
  readonly testsUse: readonly string[];
}

const rule = (uses: readonly string[], testsUse: readonly string[] = []): PackageRule => ({ uses, testsUse });

export const PACKAGE_TABLE: ReadonlyMap<string, PackageRule> = new Map([
  ['core', rule([])],
  ['testkit', rule(['core'])],
  ['composition', rule(['core'])],
  ['platform', rule(['core', 'composition'], ['testkit'])],
  ['api', rule(['core', 'composition'], ['testkit'])],
  ['server', rule(['core', 'composition', 'platform', 'api'], ['testkit'])],
  ['overlay', rule(['core'], ['testkit'])],
  ['providers', rule(['core'], ['testkit'])],
  ['tpch', rule(['core'], ['testkit'])],
  ['analytics', rule(['core', 'overlay', 'providers'], ['testkit', 'tpch'])],
  ['cli', rule(['core', 'overlay', 'providers', 'analytics', 'tpch', 'composition', 'api', 'server', 'platform'], ['testkit'])],
  ['bench', rule(['core', 'overlay', 'providers', 'analytics', 'tpch', 'composition', 'platform', 'api', 'server', 'testkit'])],
]);

/** External packages that any test may import: they are dependencies of the repository, not of a package. */
export const TEST_TOOLS: readonly string[] = ['vitest', 'fast-check', 'oxc-parser'];

export interface InsideException {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly why: string;
}

/** Relative imports that leave their package, each with its reason. */
export const INSIDE_EXCEPTIONS: readonly InsideException[] = [
  {
    from: /^bench\/src\/exchange-throughput[a-z-]*\.ts$/,
    to: /^packages\/analytics\/src\/engine\/[a-z-]+\.ts$/,
    why: "measures the worker's data plane alone, which no package exports",
  },
  {
    from: /^bench\/src\/platform\/engine-sandboxes\.ts$/,
    to: /^packages\/platform\/src\/(?:engine|functions|sandbox|sets|module|javascript)\/[a-z-]+\.ts$/,
    why: "measures a sandbox alone, without the engine around it, which no package exports",
  },
];
