/** What no file may contain or be called, whatever its kind. */
import type { TextFile, Violation } from './repository.ts';

interface Pattern {
  readonly what: string;
  readonly pattern: RegExp;
  readonly appliesTo: (path: string) => boolean;
}

const everywhere = (): boolean => true;

const PATTERNS: readonly Pattern[] = [
  {
    what: 'a registry or download host: which one is used is the machine\'s business',
    pattern: /\b(registry\.(npmjs|yarnpkg|npmmirror)\.|npmjs\.com|pypi\.org|pythonhosted\.org|proxy\.golang\.org|(static|index)\.crates\.io|conda\.anaconda\.org|(ghcr|quay|docker)\.io|raw\.githubusercontent\.com|\/releases\/download\/)/i,
    appliesTo: everywhere,
  },
  {
    what: 'a host that looks like a package mirror',
    pattern: /https?:\/\/[^\s/"'`)]*(registry|artifactory|nexus|mirror|verdaccio|devpi)/i,
    appliesTo: everywhere,
  },
  { what: 'a resolved address in the lockfile', pattern: /"resolved": "[a-z+]+:\/\//i, appliesTo: (path) => path.endsWith('package-lock.json') },
  {
    what: 'a path of one machine',
    pattern: /(?<![\w.$}*/)-])\/(work|root|home|Users|mnt)\/[\w.-]/,
    appliesTo: everywhere,
  },
  {
    what: 'a path below /tmp: take os.tmpdir() or a folder that the caller gives',
    pattern: /(?<![\w.$}*/)-])\/tmp\/\w/,
    appliesTo: (path) => /\.(ts|mjs|js|json)$/.test(path),
  },
];

const VAGUE_WORDS = new Set(['util', 'utils', 'common', 'helper', 'helpers', 'misc']);
const SOURCE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.([a-z0-9]+-)*(test|suite|config|base|build))?\.(ts|mjs)$/;

export function textViolations(file: TextFile): readonly Violation[] {
  const patterns = PATTERNS.filter(({ appliesTo }) => appliesTo(file.path));
  if (!patterns.some(({ pattern }) => pattern.test(file.text))) return [];
  const violations: Violation[] = [];
  for (const [index, line] of file.text.split('\n').entries()) {
    for (const { what, pattern } of patterns) if (pattern.test(line)) violations.push({ path: file.path, line: index + 1, message: what });
  }
  return violations;
}

export function nameViolations({ path }: TextFile): readonly Violation[] {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const words = parts.flatMap((part) => part.toLowerCase().split(/[.\-_]/));
  const vague = words.find((word) => VAGUE_WORDS.has(word));
  if (vague !== undefined) return [{ path, line: 1, message: `"${vague}" says nothing: name the file after what it holds` }];
  if (/\.(ts|mjs|js)$/.test(name) && !SOURCE_NAME.test(name)) return [{ path, line: 1, message: 'source files are named in kebab-case, with the ending .ts' }];
  return [];
}
