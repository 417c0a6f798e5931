/**
 * What a `Files` request asks for: a path below the folder, `/` between its parts, or a pattern of paths. In a part, `*`
 * stands for any characters and `?` for one; the part `**` stands for any number of folders. A name that begins with a
 * dot is only found by a part that begins with one.
 */
import { MAX_FILE_PATTERN_BYTES, MAX_FILE_PATTERN_PARTS } from '../limits.ts';

export interface FilePattern {
  readonly text: string;
  readonly parts: readonly string[];
  /** Names one file, and not whatever fits. */
  readonly exact: boolean;
}

export type ParsedFilePattern = { readonly kind: 'pattern'; readonly pattern: FilePattern } | { readonly kind: 'malformed'; readonly problem: string };

const SHOWN_CHARS = 80;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const WILD = /[*?]/;

const malformed = (problem: string): ParsedFilePattern => ({ kind: 'malformed', problem });

/** One line break at the end is taken for the editor's. */
export function parseFilePattern(data: Uint8Array): ParsedFilePattern {
  if (data.length > MAX_FILE_PATTERN_BYTES) return malformed(`has ${data.length} bytes, of which ${MAX_FILE_PATTERN_BYTES} are allowed`);
  const read = utf8(data);
  if (read === null) return malformed('is not UTF-8 text');
  const text = read.replace(/\r?\n$/, '');
  const quoted = JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);
  if (text === '') return malformed('is empty');
  if (CONTROL.test(text)) return malformed(`${quoted} has a control character in it`);
  if (text.includes('\\')) return malformed(`${quoted} has a backslash in it: the parts of a path are separated by /`);
  if (text.startsWith('/')) return malformed(`${quoted} is absolute: paths are relative to the folder`);
  const parts = text.split('/');
  if (parts.length > MAX_FILE_PATTERN_PARTS) return malformed(`${quoted} has more than ${MAX_FILE_PATTERN_PARTS} parts`);
  for (const part of parts) {
    if (part === '' || part === '.' || part === '..') return malformed(`${quoted} has the part "${part}": paths go down from the folder, name by name`);
    if (part !== '**' && part.includes('**')) return malformed(`${quoted} has ** inside of a name: it is a part of its own`);
  }
  const distinct = parts.filter((part, index) => part !== '**' || parts[index - 1] !== '**');
  return { kind: 'pattern', pattern: { text, parts: distinct, exact: !WILD.test(text) } };
}

function utf8(data: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}

/** Whether a name fits one part that is not `**`. Takes at most the product of the lengths. */
export function nameFits(part: string, name: string): boolean {
  if (name.startsWith('.') && !part.startsWith('.')) return false;
  let at = 0;
  let inPart = 0;
  let star = -1;
  let afterStar = 0;
  while (at < name.length) {
    const wanted = part[inPart];
    if (wanted === '*') {
      star = inPart++;
      afterStar = at;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[at])) {
      inPart++;
      at++;
    } else if (star >= 0) {
      inPart = star + 1;
      at = ++afterStar;
    } else {
      return false;
    }
  }
  while (part[inPart] === '*') inPart++;
  return inPart === part.length;
}
