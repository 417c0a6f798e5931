import { AppError } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import { classifyAddress } from './address-class.ts';
import { Destinations, type Verdict } from './destinations.ts';

const check = (allow: readonly string[], url: string, allowPrivate: readonly string[] = []): Verdict => new Destinations({ allow, allowPrivate }, classifyAddress).check(new URL(url));
const allowed = (pattern: string, url: string): boolean => check([pattern], url).kind === 'allowed';

describe('patterns', () => {
  test.each([
    ['*', 'http://a.example/', true],
    ['*', 'https://a.example:8443/x', true],
    ['https://api.example.com/*', 'https://api.example.com/v1?x=1', true],
    ['https://api.example.com/*', 'https://api.example.com', true],
    ['https://api.example.com', 'https://api.example.com/any/path', true],
    ['https://api.example.com/*', 'https://API.EXAMPLE.COM./v1', true],
    ['https://api.example.com/*', 'http://api.example.com/v1', false],
    ['https://api.example.com/*', 'https://api.example.com:444/v1', false],
    ['https://api.example.com/*', 'https://api.example.com.evil.example/', false],
    ['https://api.example.com/*', 'https://evil.example/?https://api.example.com/', false],
    ['https://api.example.com:443/*', 'https://api.example.com/', true],
    ['*://api.example.com/*', 'http://api.example.com/', true],
    ['https://*.example.com', 'https://a.b.example.com/', true],
    ['https://*.example.com', 'https://example.com/', false],
    ['https://*.example.com', 'https://badexample.com/', false],
    ['*://a.example:80/', 'http://a.example/', true],
    ['*://a.example:80/', 'https://a.example/', false],
    ['*://a.example:80/', 'https://a.example:80/', true],
    ['*://a.example:443/', 'https://a.example/', true],
    ['*://a.example:443/', 'http://a.example/', false],
    ['*://a.example/', 'https://a.example:80/', false],
    ['http://a.example:0080/', 'http://a.example/', true],
    ['http://a.example:*', 'http://a.example:8080/', true],
    ['http://a.example/v1', 'http://a.example/v1', true],
    ['http://a.example/v1', 'http://a.example/v1/x', false],
    ['http://a.example/v1/', 'http://a.example/v1/x', true],
    ['http://a.example/v1/', 'http://a.example/v1', false],
    ['http://a.example/*/photos/*.png', 'http://a.example/me/photos/1.png', true],
    ['http://a.example/*/photos/*.png', 'http://a.example/me/photos/1.jpg', false],
    ['http://a.example/ab*ba', 'http://a.example/aba', false],
    ['http://a.example/v1/*', 'http://a.example/v1/../admin', false],
    ['http://a.example/v1/*', 'http://a.example/v1/%2e%2e/admin', false],
    ['http://a.example/v1/*', 'http://a.example/v1/..%2fadmin', false],
    ['http://a.example/v1/*', 'http://a.example/v1/..%5cadmin', false],
    ['http://a.example/*', 'http://a.example/v1/..%2fadmin', true],
    ['http://[::1]:80/*', 'http://[0:0:0:0:0:0:0:1]/', true],
    ['http://127.0.0.1/*', 'http://2130706433/', true],
  ])('%s and %s: %s', (pattern, url, expected) => expect(allowed(pattern, url)).toBe(expected));

  test('nothing is allowed without one, and the refusal says what would allow it', () => {
    expect(check([], 'https://a.example/x')).toEqual({ kind: 'refused', message: 'the destination https://a.example is not allowed', hint: 'allow it with a pattern such as https://a.example/*' });
  });

  test('all that are wrong are named at once', () => {
    const wrong = ['ftp://a.example', 'a.example', 'http://', 'http://a.example/?q', 'http://a.*.example/', 'http://u@a.example/', 'http://a.example:99999', '', 'http://*.127.0.0.1'];
    try {
      new Destinations({ allow: ['*', ...wrong] }, classifyAddress);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(AppError);
      for (const text of wrong) expect((thrown as AppError).message).toContain(JSON.stringify(text));
    }
  });
});

describe('addresses that are not public', () => {
  const HOSTS = [
    '127.0.0.1', '2130706433', '0x7f.1', '0x7f000001', '017700000001', '127.1', '0', '0.0.0.0', '169.254.169.254', '0xa9fea9fe', '10.1.2.3', '192.168.0.1', '172.16.0.1', '100.64.0.1',
    '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::127.0.0.1]', '[2002:7f00:1::]', '[fe80::1]', '[fd00::1]', '[ff02::1]', '[::127.0.0.1]', '224.0.0.1', '255.255.255.255', '168.63.129.16', '%31%32%37.0.0.1', '127。0。0。1',
  ];

  test.each(HOSTS)('http://%s/ is refused by *', (host) => {
    expect(check(['*', 'http://*.example'], `http://${host}/`)).toMatchObject({ kind: 'refused', message: expect.stringMatching(/ is an? [a-z-]+ address/) as string });
  });

  test('are allowed where a pattern names them, and only those', () => {
    expect(check(['http://127.0.0.1:8080/'], 'http://127.0.0.1:8080/x')).toEqual({ kind: 'allowed', trust: 'named' });
    expect(check(['http://127.0.0.1:8080/', '*'], 'http://127.0.0.1:8081/').kind).toBe('refused');
    expect(check(['http://169.254.169.254'], 'http://169.254.169.254/latest/meta-data').kind).toBe('allowed');
  });

  test('of a private destination do not include those of the link', () => {
    expect(check([], 'http://10.0.0.5/', ['http://*']).kind).toBe('allowed');
    expect(check([], 'http://169.254.169.254/', ['*']).kind).toBe('refused');
  });

  test('a path that is allowed privately opens no other path', () => {
    const allowPrivate = ['http://db.example/api/*'];
    expect(check(['*'], 'http://db.example/api/x', allowPrivate)).toEqual({ kind: 'allowed', trust: 'private' });
    expect(check(['*'], 'http://db.example/other', allowPrivate)).toEqual({ kind: 'allowed', trust: 'public' });
  });

  test('localhost stands for loopback where it is named', () => {
    expect(check(['http://localhost:1'], 'http://localhost:1/')).toEqual({ kind: 'allowed', trust: 'localhost' });
    expect(check(['*'], 'http://localhost:1/')).toEqual({ kind: 'allowed', trust: 'public' });
  });
});
