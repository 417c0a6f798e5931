/** Output sets as a stream of items: multipart, tar or frames. Each item is a head, its bytes as they are, and a tail. */
import { emptySet, END_OF_TAR, HEADERS, itemHead, itemPadding, MEDIA_TYPES, PROBLEM_MEDIA_TYPE, tarFailure, type Problem } from '@pappus/api';
import { encodeSetsWhole, frameHead, type Item } from '@pappus/platform';

export interface SetsEncoder {
  readonly contentType: string;
  head(set: string, item: Item): Uint8Array;
  tail(item: Item): Uint8Array;
  /** A set that turned out to have no items. */
  emptySet(set: string): Uint8Array;
  end(): Uint8Array;
  /** The end of what was begun and can't be finished. */
  failure(problem: Problem): Uint8Array;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const LINE_BREAK: Uint8Array = Buffer.from('\r\n');
/** What the failure of an answer that was begun is called, where there is no other place for it. */
const FAILURE = { set: 'problem', item: 'problem.json' };

export const tarEncoder: SetsEncoder = {
  contentType: MEDIA_TYPES.tar,
  head: (set, { name, key, data }) => itemHead(set, name, key, data.length),
  tail: ({ data }) => itemPadding(data.length),
  emptySet,
  end: () => END_OF_TAR,
  failure: (problem) => tarFailure(JSON.stringify(problem)),
};

/** A frame for each item: one for all would have to begin with how long each of them is. */
export const frameEncoder: SetsEncoder = {
  contentType: MEDIA_TYPES.frame,
  head: (set, item) => frameHead([{ name: set, items: [item] }]),
  tail: () => NOTHING,
  emptySet: (set) => encodeSetsWhole([{ name: set, items: [] }]),
  end: () => NOTHING,
  failure: (problem) => encodeSetsWhole([{ name: FAILURE.set, items: [{ name: FAILURE.item, key: 0, data: Buffer.from(JSON.stringify(problem)) }] }]),
};

/** `boundary` is random: it can't be in the bytes of an item but by a chance that does not happen. */
export function multipartEncoder(boundary: string): SetsEncoder {
  const part = (headers: string): Buffer => Buffer.from(`--${boundary}\r\n${headers}\r\n`);
  return {
    contentType: `${MEDIA_TYPES.multipart}; boundary=${boundary}`,
    head(set, { name, key, data }) {
      const keyed = key === 0 ? '' : `${HEADERS.key}: ${key}\r\n`;
      return part(`Content-Disposition: form-data; name="${escaped(set)}"; filename="${escaped(name)}"\r\nContent-Type: ${MEDIA_TYPES.bytes}\r\nContent-Length: ${data.length}\r\n${keyed}`);
    },
    tail: () => LINE_BREAK,
    // A form has no place for a set without items.
    emptySet: () => NOTHING,
    end: () => Buffer.from(`--${boundary}--\r\n`),
    failure(problem) {
      const json = JSON.stringify(problem);
      const head = part(`Content-Disposition: form-data; name="${FAILURE.set}"; filename="${FAILURE.item}"\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(json)}\r\n`);
      return Buffer.concat([head, Buffer.from(json), LINE_BREAK]);
    },
  };
}

/** As browsers write names. */
const escaped = (name: string): string => (/["\r\n]/.test(name) ? name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A') : name);
