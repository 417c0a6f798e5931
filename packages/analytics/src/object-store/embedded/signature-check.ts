/** Checks a request's signature (version 4, in the Authorization header) as S3 does: key, scope, date, signature. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import aws4 from 'aws4';
import { MAX_CLOCK_SKEW_MS } from '../limits.ts';
import type { S3Credentials } from '../s3-options.ts';

/** S3's code for the refusal, or null. */
export type SignatureFault = 'AccessDenied' | 'InvalidAccessKeyId' | 'RequestTimeTooSkewed' | 'SignatureDoesNotMatch' | null;

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

export function checkSignature(request: IncomingMessage, credentials: S3Credentials, wallMs: number): SignatureFault {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? '');
  if (match === null) return 'AccessDenied';
  const [, accessKeyId, day = '', region = '', signedNames = '', signature = ''] = match;
  if (accessKeyId !== credentials.accessKeyId) return 'InvalidAccessKeyId';
  const names = signedNames.split(';');
  const date = request.headers['x-amz-date'];
  if (!names.includes('host') || !names.includes('x-amz-date') || typeof date !== 'string' || !date.startsWith(day)) return 'AccessDenied';
  if (Math.abs(parseAmzDate(date) - wallMs) > MAX_CLOCK_SKEW_MS || Number.isNaN(parseAmzDate(date))) return 'RequestTimeTooSkewed';
  const expected = expectedSignature(request, names, region, credentials);
  const equal = expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  return equal ? null : 'SignatureDoesNotMatch';
}

function expectedSignature(request: IncomingMessage, names: readonly string[], region: string, credentials: S3Credentials): string {
  const headers: Record<string, string> = {};
  for (const name of names) headers[name] = String(request.headers[name] ?? '');
  const extraHeadersToInclude = Object.fromEntries(names.map((name) => [name, true]));
  const { accessKeyId, secretAccessKey } = credentials;
  const plain = { method: request.method ?? 'GET', path: request.url ?? '/', headers, service: 's3', region, extraHeadersToInclude };
  const signer = new aws4.RequestSigner(plain, { accessKeyId, secretAccessKey });
  return /Signature=([0-9a-f]+)$/.exec(String(signer.sign().headers?.['Authorization']))?.[1] ?? '';
}

/** `20261122T010203Z` as milliseconds since 1970, or NaN. */
function parseAmzDate(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
