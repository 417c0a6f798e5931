import { AppError } from '@pappus/core';
import { expect, it } from 'vitest';
import { PappusClient } from './client.ts';
import { authorizationOf, serverBase } from './server-access.ts';

function refusal(call: () => unknown): AppError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
  }
  throw new Error('it was taken');
}

it.each(['secret\n{"name": "ci"}', 'se cret', 'secret\u0000', 'sécret', 'secret\r\nx: y', ''])('refuses the token %j, and does not tell it', (token) => {
  const error = refusal(() => new PappusClient({ url: 'http://127.0.0.1:7077', token }));
  expect(error).toMatchObject({ code: 'invalid-argument', retryable: false });
  expect(`${error.message} ${error.hint}`).not.toMatch(/secret|sécret|se cret|"ci"/);
});

it('takes a token with the line end of its file', () => {
  expect(authorizationOf('IvaPs-_0\r\n')).toEqual({ authorization: 'Bearer IvaPs-_0' });
});

it.each(['http://user:secret@host', 'http://secret@host', 'http://user:secret@ho st', 'ftp://user:secret@host', 'http://host/?token=secret', 'http://host/#secret', 'http://host?'])('refuses the address %j, and does not tell it', (url) => {
  const error = refusal(() => new PappusClient({ url }));
  expect(error).toMatchObject({ code: 'invalid-argument', retryable: false });
  expect(`${error.message} ${error.hint}`).not.toContain('secret');
});

it.each([['http://host:1/', 'http://host:1'], ['https://host/a/b//', 'https://host/a/b'], [' http://[::1]:7077\n', 'http://[::1]:7077']])('takes the address %j', (url, base) => {
  expect(serverBase(url)).toBe(base);
});

it('quotes what is no address', () => {
  expect(() => serverBase('localhost')).toThrow('"localhost" is no address of a server');
});
