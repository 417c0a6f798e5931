/** Where an S3-compatible store is and how to speak to it. `s3OptionsFromEnv` is the only reader of the AWS variables. */
import { AppError } from '@pappus/core';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface S3Connection {
  /** `http://host:port` or `https://host`; null is Amazon's own endpoint of the region. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null asks without a signature: public buckets. */
  readonly credentials: S3Credentials | null;
  /** `path`: host/bucket/key. `virtual-host`: bucket.host/key. Null takes `path` where there is an endpoint or the bucket has a dot. */
  readonly addressing: 'path' | 'virtual-host' | null;
}

export interface S3Location {
  readonly bucket: string;
  /** Without a slash in front; may be empty. */
  readonly prefix: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** `s3://bucket/prefix`. */
export function parseS3Url(url: string): S3Location {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(url) ?? [];
  if (BUCKET.test(bucket)) return { bucket, prefix };
  throw new AppError('invalid-argument', `${JSON.stringify(url)} is not of the form s3://bucket/prefix`, {
    hint: 'A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.',
  });
}

/** The usual AWS variables. Keys are both there or both absent. */
export function s3ConnectionFromEnv(env: Readonly<Record<string, string | undefined>>): S3Connection {
  const read = (name: string): string | null => env[name]?.trim() || null;
  const accessKeyId = read('AWS_ACCESS_KEY_ID');
  const secretAccessKey = read('AWS_SECRET_ACCESS_KEY');
  if ((accessKeyId === null) !== (secretAccessKey === null)) {
    const missing = accessKeyId === null ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new AppError('invalid-argument', `${missing} is not set, but its counterpart is`, { hint: 'Set both keys, or none for a public bucket.' });
  }
  const credentials = accessKeyId === null || secretAccessKey === null ? null : { accessKeyId, secretAccessKey, sessionToken: read('AWS_SESSION_TOKEN') };
  const endpoint = read('AWS_ENDPOINT_URL_S3') ?? read('AWS_ENDPOINT_URL');
  if (endpoint !== null) checkEndpoint(endpoint);
  return { endpoint, region: read('AWS_REGION') ?? read('AWS_DEFAULT_REGION') ?? 'us-east-1', credentials, addressing: null };
}

function checkEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.search === '') return url;
  throw new AppError('invalid-argument', `${JSON.stringify(endpoint)} is no endpoint`, { hint: 'An endpoint looks like http://127.0.0.1:9000 or https://s3.example.org.' });
}

/** Where the requests for a bucket go. */
export interface S3Address {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of the Host header. */
  readonly authority: string;
  /** Comes before the key: `/` or `/bucket/`. */
  readonly basePath: string;
}

export function s3Address(connection: S3Connection, bucket: string): S3Address {
  const { endpoint, region } = connection;
  const url = endpoint === null ? new URL(`https://s3.${region}.amazonaws.com`) : checkEndpoint(endpoint);
  const addressing = connection.addressing ?? (endpoint !== null || bucket.includes('.') ? 'path' : 'virtual-host');
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const inHost = addressing === 'virtual-host' ? `${bucket}.` : '';
  const folder = url.pathname.replace(/\/+$/, '');
  const host = inHost + url.hostname.replace(/^\[|\]$/g, '');
  return { secure, host, port, authority: inHost + url.host, basePath: `${folder}/${addressing === 'path' ? `${bucket}/` : ''}` };
}
