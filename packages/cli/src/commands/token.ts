/** `pappus token`: a new bearer token, and what a server's token file says of it. No server has a part in it. */
import { createHash } from 'node:crypto';
import { AppError, systemRandom } from '@pappus/core';
import type { CommandContext } from '../program.ts';

export interface TokenFlags {
  readonly json?: boolean;
}

/** Nobody guesses 256 bits. */
const TOKEN_WORDS = 8;
const NAME = /^[\w.-]{1,64}$/;

export async function token({ out, err }: CommandContext, name: string, flags: TokenFlags): Promise<void> {
  if (!NAME.test(name)) throw new AppError('invalid-argument', `${JSON.stringify(name.slice(0, 64))} is no name of a token: up to 64 letters, digits, '_', '.' and '-'`);
  const secret = Buffer.from(Uint32Array.from({ length: TOKEN_WORDS }, () => systemRandom.uint32()).buffer).toString('base64url');
  const entry = { name, sha256: createHash('sha256').update(secret).digest('hex') };
  if (flags.json === true) return void out.write(`${JSON.stringify({ token: secret, entry })}\n`);
  out.write(`${secret}\n${JSON.stringify(entry)}\n`);
  err.write('the first line is the token, which is shown this once: PAPPUS_TOKEN of its user\nthe second one goes into the list of the token file: {"tokens": [ … ]}\n');
}
