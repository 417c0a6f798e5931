/** A part of a multipart body: what its headers say (RFC 7578). */
import { AppError } from '@pappus/core';
import { parameterOf } from './media-type.ts';

export interface Part {
  readonly name: string;
  readonly fileName: string | null;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly data: Uint8Array;
}

const MAX_BOUNDARY_CHARS = 256;

/** What stands between parts, with its line break. */
export function delimiterOf(contentType: string): Buffer {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === null || boundary === '' || boundary.length > MAX_BOUNDARY_CHARS) throw corrupt('the content type has no boundary');
  return Buffer.from(`\r\n--${boundary}`, 'latin1');
}

/** By lower-case name; `text` is without the empty line at the end. */
export function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) throw corrupt('a part has a header without a name');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** The length that a part gives of itself, or null. */
export function toldLength(headers: ReadonlyMap<string, string>): number | null {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

export function describePart(headers: ReadonlyMap<string, string>, data: Uint8Array): Part {
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || name === null) throw corrupt('a part has no name: `Content-Disposition: form-data; name="…"`');
  const extended = parameterOf(disposition, 'filename\\*');
  const fileName = extended === null ? parameterOf(disposition, 'filename') : extendedValue(extended);
  return { name: unescaped(name), fileName: fileName === null || fileName === '' ? null : unescaped(fileName), headers, data };
}

/** What browsers and curl write for characters that would end the value. */
const unescaped = (text: string): string => text.replaceAll('%22', '"').replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n');

/** `UTF-8''percent%20encoded` (RFC 8187). */
function extendedValue(value: string): string {
  const found = /^utf-8'[^']*'(.*)$/i.exec(value);
  try {
    return decodeURIComponent(found?.[1] ?? '');
  } catch {
    throw corrupt('a file name is not UTF-8');
  }
}

export const corrupt = (what: string): AppError => new AppError('corrupt-data', `the multipart body cannot be read: ${what}`);
