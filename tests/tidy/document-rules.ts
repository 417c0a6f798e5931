/**
 * Documents point at what is there: files by relative links, and npm scripts by their names. A line that says *pending*
 * may name a script that is still to come.
 */
import { posix } from 'node:path';
import type { TextFile, Violation } from './repository.ts';

const LINK = /\]\(([^)\s]+)\)/g;
const SCRIPT = /\bnpm (?:run(?: --silent)? ([\w:-]+)|(start|test)\b)/g;

/** `scripts` are those of the root package.json. */
export function documentViolations(file: TextFile, paths: ReadonlySet<string>, scripts: ReadonlySet<string>): readonly Violation[] {
  if (!file.path.endsWith('.md')) return [];
  const violations: Violation[] = [];
  for (const [index, text] of file.text.split('\n').entries()) {
    const report = (message: string): void => void violations.push({ path: file.path, line: index + 1, message });
    for (const [, target = ''] of text.matchAll(LINK)) if (!leadsSomewhere(file.path, target, paths)) report(`the link ${target} leads nowhere`);
    if (text.includes('*pending*')) continue;
    for (const [, named, short] of text.matchAll(SCRIPT)) {
      const script = named ?? short ?? '';
      if (!scripts.has(script)) report(`there is no npm script ${script}`);
    }
  }
  return violations;
}

function leadsSomewhere(from: string, link: string, paths: ReadonlySet<string>): boolean {
  if (/^(https?:|mailto:|#)/.test(link)) return true;
  const target = posix.join(posix.dirname(from), link.split('#')[0] ?? '');
  return paths.has(target) || [...paths].some((path) => path.startsWith(`${target}/`));
}
