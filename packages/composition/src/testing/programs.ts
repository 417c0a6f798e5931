/** The programs of the suite. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Program {
  /** The file without its ending. */
  readonly name: string;
  readonly text: string;
}

export const folderOf = (kind: 'good' | 'bad'): string => fileURLToPath(new URL(`../suite/${kind}`, import.meta.url));

export function programs(kind: 'good' | 'bad'): readonly Program[] {
  const files = readdirSync(folderOf(kind)).filter((file) => file.endsWith('.pcl'));
  return files.toSorted().map((file) => ({ name: file.replace(/\.pcl$/, ''), text: readFileSync(`${folderOf(kind)}/${file}`, 'utf8') }));
}
