/** S3's refusals and a connection's failures as the house's errors: what, where, and what to do. */
import { AppError, errorMessage, systemCode, type ErrorCode } from '@pappus/core';
import { textOf } from './s3-xml.ts';

/** What was asked, for the message: `GET s3://bucket/key`. */
export interface Target {
  readonly what: string;
  readonly bucket: string;
  readonly endpoint: string;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

const KEYS_HINT = 'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, and that these keys may use this bucket.';

export function refused(target: Target, refusal: Refusal): AppError {
  const { status, headers, body } = refusal;
  const s3Code = textOf(body, 'Code') ?? null;
  const text = textOf(body, 'Message');
  const said = `${status}${s3Code === null ? '' : ` ${s3Code}`}${text === null ? '' : `: ${text}`}`;
  const fail = (code: ErrorCode, message: string, hint?: string): AppError => new AppError(code, message, hint === undefined ? {} : { hint });
  if (status === 404 && s3Code === 'NoSuchBucket') return fail('not-found', `bucket ${target.bucket} does not exist at ${target.endpoint}`);
  if (status === 404) return fail('not-found', `${target.what}: it does not exist (${said})`);
  if (s3Code === 'RequestTimeTooSkewed') return fail('permission-denied', `${target.what}: ${said}`, "Set this machine's clock.");
  if (status === 401 || status === 403) return fail('permission-denied', `${target.what}: access refused by ${target.endpoint} (${said})`, KEYS_HINT);
  if (status === 301 || status === 307 || s3Code === 'AuthorizationHeaderMalformed') {
    const region = headers['x-amz-bucket-region'] ?? textOf(body, 'Region');
    return fail('invalid-argument', `bucket ${target.bucket} is in another region (${said})`, `Set AWS_REGION${typeof region === 'string' ? ` to ${region}` : ''}.`);
  }
  if (s3Code === 'EntityTooLarge' || status === 507) return fail('resource-exhausted', `${target.what}: ${said}`);
  if (isTemporary(status, s3Code)) return new AppError('unavailable', `${target.what}: ${said}`, { retryable: true });
  return fail(status === 416 || status === 400 ? 'invalid-argument' : 'unavailable', `${target.what}: ${said}`);
}

function isTemporary(status: number, s3Code: string | null): boolean {
  return status === 429 || status === 408 || status >= 500 || s3Code === 'RequestTimeout' || s3Code === 'SlowDown';
}

/** The request, or its answer, did not come through. */
export function broken(target: Target, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = systemCode(thrown);
  const hint = code === 'ECONNREFUSED' || code === 'ENOTFOUND' ? { hint: 'Check AWS_ENDPOINT_URL and AWS_REGION.' } : {};
  return new AppError('unavailable', `${target.what}: ${target.endpoint} failed: ${errorMessage(thrown)}`, { retryable: true, cause: thrown, ...hint });
}

export function truncated(target: Target, received: number, expected: number): AppError {
  return new AppError('unavailable', `${target.what}: the answer was cut off after ${received} of ${expected} bytes`, { retryable: true });
}
