/**
 * The lines before an HTTP item's body. Both requests and responses are
 *
 *     start line LF { name ":" value LF } LF body
 *
 * CR LF is taken for LF; the end of the item may stand for the empty line. Text is read as Latin-1, so that every byte
 * of a header's value is one character and comes out again as it was. Anything doubtful is refused, never repaired: a
 * request that two readers understand differently is how requests are smuggled.
 */
import { MAX_HEADERS, MAX_HEAD_BYTES } from '../limits.ts';

export interface Header {
  readonly name: string;
  readonly value: string;
}

export type Headers = readonly Header[];

export interface MessageHead {
  readonly startLine: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type ParsedHead = { readonly kind: 'head'; readonly head: MessageHead } | Malformed;

export interface Malformed {
  readonly kind: 'malformed';
  /** Continues a sentence that begins with what was read: `has no method`. */
  readonly problem: string;
}

export const malformed = (problem: string): Malformed => ({ kind: 'malformed', problem });

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SHOWN_CHARS = 60;

export const isToken = (text: string): boolean => TOKEN.test(text);

/** A header's value, or a reason phrase, that can be printed. */
export const isFieldText = (text: string): boolean => VALUE.test(text);

/** Guest text as a message shows it: short, on one line, with nothing that a terminal would obey. */
export function shown(text: string): string {
  const quoted = JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text);
  return quoted.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function parseHead(data: Uint8Array): ParsedHead {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const lines: string[] = [];
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    if (end > MAX_HEAD_BYTES) return malformed(`has more than ${MAX_HEAD_BYTES} bytes before the empty line that ends the headers`);
    const stop = feed > start && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : end;
    const line = bytes.toString('latin1', start, stop);
    start = end + 1;
    if (line === '') {
      if (lines.length === 0) return malformed('begins with an empty line');
      break;
    }
    lines.push(line);
    if (lines.length > MAX_HEADERS + 1) return malformed(`has more than ${MAX_HEADERS} headers`);
  }
  const [startLine, ...headerLines] = lines;
  if (startLine === undefined) return malformed('is empty');
  const headers: Header[] = [];
  for (const line of headerLines) {
    const header = parseHeader(line);
    if ('kind' in header) return header;
    headers.push(header);
  }
  return { kind: 'head', head: { startLine, headers, body: data.subarray(Math.min(start, data.length)) } };
}

function parseHeader(line: string): Header | Malformed {
  const colon = line.indexOf(':');
  if (line.startsWith(' ') || line.startsWith('\t')) return malformed(`has a header that goes on in the next line, ${shown(line)}: write it in one line`);
  if (colon < 0) return malformed(`has the line ${shown(line)} without ":" among its headers (an empty line ends them)`);
  const name = line.slice(0, colon);
  if (!isToken(name)) return malformed(`has the header name ${shown(name)}: names are letters, digits and !#$%&'*+-.^_\`|~`);
  const value = trimmed(line, colon + 1);
  if (!isFieldText(value)) return malformed(`has a control character in the value of header ${shown(name)}`);
  return { name, value };
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** Without the blanks around it; String.trim would take more than blanks. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

/** The head as Latin-1 text, the empty line included. */
export function headText(startLine: string, headers: Headers): string {
  let text = `${startLine}\n`;
  for (const { name, value } of headers) text += value === '' ? `${name}:\n` : `${name}: ${value}\n`;
  return `${text}\n`;
}

/** The value of the first header of this lower-case name, or null. */
export function headerValue(headers: Headers, lowerName: string): string | null {
  for (const { name, value } of headers) if (name.length === lowerName.length && name.toLowerCase() === lowerName) return value;
  return null;
}
