/** `Content-Type` and `Accept`, as far as they choose a form of sets. */
import { AppError } from '@pappus/core';
import { MEDIA_TYPES } from '@pappus/api';

export type SetsForm = 'multipart' | 'tar' | 'frame' | 'raw';
export type OutputForm = 'default' | 'raw' | 'multipart' | 'tar' | 'frame' | 'json';

/** How a body with this `Content-Type` holds sets. What is no container is one item. */
export function bodyForm(contentType: string | undefined): SetsForm {
  if (contentType === undefined) return 'raw';
  const type = essence(contentType);
  switch (type) {
    case MEDIA_TYPES.multipart:
      return 'multipart';
    case MEDIA_TYPES.tar:
    case 'application/tar':
      return 'tar';
    case MEDIA_TYPES.frame:
      return 'frame';
    default:
      if (type.startsWith('multipart/')) throw new AppError('unsupported', `a body of type ${type} is not taken`, { hint: `Send ${MEDIA_TYPES.multipart}.` });
      return 'raw';
  }
}

/** The form that `Accept` prefers among those there are; `default` where anything will do. */
export function outputForm(accept: string | undefined): OutputForm {
  if (accept === undefined || accept === '*/*') return 'default';
  let best: OutputForm | null = null;
  let bestWeight = 0;
  for (const range of accept.split(',')) {
    const form = formOf(essence(range));
    const weight = weightOf(range);
    if (form === null || weight <= bestWeight) continue;
    best = form;
    bestWeight = weight;
  }
  // One item is sent as the bytes that it is: what type they are, only the user knows.
  return best ?? 'default';
}

function formOf(type: string): OutputForm | null {
  switch (type) {
    case MEDIA_TYPES.multipart:
    case 'multipart/*':
      return 'multipart';
    case MEDIA_TYPES.tar:
    case 'application/tar':
      return 'tar';
    case MEDIA_TYPES.frame:
      return 'frame';
    case MEDIA_TYPES.json:
      return 'json';
    case MEDIA_TYPES.bytes:
      return 'raw';
    case '*/*':
      return 'default';
    default:
      return null;
  }
}

const essence = (value: string): string => (value.split(';', 1)[0] ?? '').trim().toLowerCase();

function weightOf(range: string): number {
  const found = /;\s*q=([\d.]+)/i.exec(range);
  const weight = Number(found?.[1] ?? 1);
  return Number.isFinite(weight) ? weight : 0;
}

/** The value of a parameter such as `boundary`, or null. */
export function parameterOf(header: string, name: string): string | null {
  const pattern = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i');
  const found = pattern.exec(header);
  if (found === null) return null;
  return found[1] === undefined ? (found[2] ?? null) : found[1].replaceAll(/\\(["\\])/g, '$1');
}
