import { describe, expect, it } from 'vitest';
import { parseS3Url, s3Address, s3ConnectionFromEnv, type S3Connection } from './s3-options.ts';
import { signRequest } from './s3-attempt.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('the AWS variables', () => {
  it('give endpoint, region and keys, the special before the general', () => {
    expect(s3ConnectionFromEnv({ ...KEYS, AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'x', AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b:9000' })).toEqual({
      endpoint: 'http://b:9000',
      region: 'eu-central-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 't' },
      addressing: null,
    });
    expect(s3ConnectionFromEnv({ AWS_DEFAULT_REGION: 'us-west-2', AWS_ENDPOINT_URL: '' })).toEqual({ endpoint: null, region: 'us-west-2', credentials: null, addressing: null });
  });

  it('are refused when they contradict themselves', () => {
    expect(() => s3ConnectionFromEnv({ AWS_ACCESS_KEY_ID: 'id' })).toThrow('AWS_SECRET_ACCESS_KEY is not set');
    expect(() => s3ConnectionFromEnv({ AWS_ENDPOINT_URL: 'localhost:9000' })).toThrow('is no endpoint');
  });
});

describe('addresses', () => {
  const connection: S3Connection = { endpoint: null, region: 'eu-west-1', credentials: null, addressing: null };
  const spell = (own: Partial<S3Connection>, bucket = 'tables'): string => {
    const { secure, host, port, authority, basePath } = s3Address({ ...connection, ...own }, bucket);
    return `${secure ? 'tls' : 'tcp'} ${host}:${port} ${authority} ${basePath}`;
  };

  it("are virtual hosts at Amazon, and paths at one's own endpoint", () => {
    expect(spell({})).toBe('tls tables.s3.eu-west-1.amazonaws.com:443 tables.s3.eu-west-1.amazonaws.com /');
    expect(spell({}, 'my.tables')).toBe('tls s3.eu-west-1.amazonaws.com:443 s3.eu-west-1.amazonaws.com /my.tables/');
    expect(spell({ endpoint: 'http://127.0.0.1:9000/' })).toBe('tcp 127.0.0.1:9000 127.0.0.1:9000 /tables/');
    expect(spell({ endpoint: 'https://s3.example.org/store', addressing: 'virtual-host' })).toBe('tls tables.s3.example.org:443 tables.s3.example.org /store/');
  });

  it('come from s3:// names', () => {
    expect(parseS3Url('s3://tables/tpch/sf1/')).toEqual({ bucket: 'tables', prefix: 'tpch/sf1/' });
    expect(parseS3Url('s3://tables')).toEqual({ bucket: 'tables', prefix: '' });
    for (const url of ['s3://', 's3:/tables', 'S3://tables', 's3://Ta/x', './data']) expect(() => parseS3Url(url)).toThrow('s3://bucket/prefix');
  });
});

it("signs as Amazon's documentation does", () => {
  // "GET Object" among the examples of "Signature calculations for the Authorization header" in the S3 API reference.
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', sessionToken: null };
  const headers = { Host: 'examplebucket.s3.amazonaws.com', Range: 'bytes=0-9', 'X-Amz-Content-Sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };
  const signed = signRequest({ method: 'GET', path: '/test.txt', headers }, 'us-east-1', credentials, Date.UTC(2013, 4, 24));
  expect(signed.headers['Authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});
