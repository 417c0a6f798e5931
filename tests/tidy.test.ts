/** The house rules, checked over the whole repository. What each rule means and why: tests/tidy and CONTRIBUTING.md. */
import { beforeAll, describe, expect, it } from 'vitest';
import { callViolations } from './tidy/call-rules.ts';
import { documentViolations } from './tidy/document-rules.ts';
import { importViolations, type Manifest } from './tidy/import-rules.ts';
import { dependencyDocViolations, externalDependencies, indexViolations, manifestViolations, packageFileViolations, parseManifest } from './tidy/manifest-rules.ts';
import { packageOf } from './tidy/places.ts';
import { formatViolation, repositoryFiles, type TextFile, type Violation } from './tidy/repository.ts';
import { sizeViolations } from './tidy/size-rules.ts';
import { isSource, parseSource, type Source } from './tidy/source.ts';
import { nameViolations, textViolations } from './tidy/text-rules.ts';

const isManifest = (path: string): boolean => /^(packages\/[^/]+\/|bench\/)?package\.json$/.test(path);

let files: readonly TextFile[] = [];
let sources: readonly Source[] = [];

beforeAll(() => {
  files = repositoryFiles();
  sources = files.filter(({ path }) => isSource(path)).map(parseSource);
});

const expectNone = (violations: readonly Violation[]): void => expect(violations.map(formatViolation)).toEqual([]);

function packageManifests(): ReadonlyMap<string, Manifest> {
  const entries = files.filter(({ path }) => isManifest(path)).map((file): [string, Manifest] => {
    const { dependencies = {}, devDependencies = {} } = parseManifest(file);
    return [packageOf(file.path) ?? '', { dependencies: Object.keys(dependencies), devDependencies: Object.keys(devDependencies) }];
  });
  return new Map(entries);
}

describe('the repository', () => {
  it('is read', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(files.some(({ path }) => path === 'package-lock.json')).toBe(true);
  });

  it('imports along the edges of ARCHITECTURE.md only', () => {
    const manifests = packageManifests();
    expectNone(sources.flatMap((source) => importViolations(source, manifests.get(packageOf(source.path) ?? '') ?? null)));
  });

  it('has files and functions of readable size', () => expectNone(sources.flatMap(sizeViolations)));

  it('takes time, randomness, environment and output where they are given', () => expectNone(sources.flatMap(callViolations)));

  it('names files after what they hold', () => expectNone(files.flatMap(nameViolations)));

  it('names no registry, no download host and no path of one machine', () => expectNone(files.flatMap(textViolations)));

  it('has one index with explicit names and a README in every package', () => {
    expectNone([...packageFileViolations(new Set(files.map(({ path }) => path))), ...sources.flatMap(indexViolations)]);
  });

  it('pins its dependencies', () => expectNone(files.filter(({ path }) => isManifest(path)).flatMap(manifestViolations)));

  it('has documents that point at files and scripts that are there', () => {
    const scripts = new Set(files.filter(({ path }) => path === 'package.json').flatMap((file) => Object.keys(parseManifest(file).scripts ?? {})));
    const paths = new Set(files.map(({ path }) => path));
    expectNone(files.flatMap((file) => documentViolations(file, paths, scripts)));
  });

  it('gives a reason for each dependency', () => {
    const used = new Set(files.filter(({ path }) => isManifest(path)).flatMap((file) => externalDependencies(parseManifest(file)).map(([name]) => name)));
    const document = files.find(({ path }) => path === 'docs/dependencies.md') ?? { path: 'docs/dependencies.md', text: '' };
    expectNone(dependencyDocViolations(used, document));
  });
});
