import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTokenFile } from '@pappus/server';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { pappus } from '../testing/captured-cli.ts';

it('makes a token each time, and the entry that a token file takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-token-'));
  try {
    const [token = '', entry = ''] = (await pappus('token', 'ci')).out.split('\n');
    await writeFile(join(folder, 'tokens.json'), `{"tokens": [${entry}]}`);
    expect(await readTokenFile(join(folder, 'tokens.json'))).toMatchObject([{ name: 'ci', sha256: createHash('sha256').update(token).digest('hex') }]);
    expect(token).toMatch(/^[\w-]{43}$/);
    const asJson = JSON.parse((await pappus('token', 'ci', '--json')).out) as { readonly token: string };
    expect(asJson).toEqual({ token: expect.stringMatching(/^[\w-]{43}$/), entry: { name: 'ci', sha256: createHash('sha256').update(asJson.token).digest('hex') } });
    expect(asJson.token).not.toBe(token);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('refuses what is no name', async () => {
  expect(await pappus('token', 'a b')).toMatchObject({ status: 2, err: expect.stringContaining('"a b" is no name of a token') });
});
