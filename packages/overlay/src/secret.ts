/**
 * The group's secret and what is proved with it. HMAC-SHA-256 over a role, the protocol's version and both
 * sides' nonces (RFC 2104; the exchange is ISO/IEC 9798-4 mutual authentication in three passes). The secret
 * itself never travels. Whoever records a handshake can try guesses offline: hence the lower bound on its length,
 * and `generateSecret`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError, randomHex, type Brand, type Random } from '@pappus/core';
import { MAX_SECRET_CHARS, MIN_SECRET_CHARS } from './limits.ts';

export type GroupSecret = Brand<string, 'GroupSecret'>;

export const NONCE_BYTES = 16;
export const PROOF_BYTES = 32;

export function parseSecret(value: unknown): GroupSecret {
  if (typeof value === 'string' && value.length >= MIN_SECRET_CHARS && value.length <= MAX_SECRET_CHARS) return value as GroupSecret;
  throw new AppError('invalid-argument', `a group's secret has ${MIN_SECRET_CHARS} to ${MAX_SECRET_CHARS} characters`);
}

/** 256 random bits. `random` must be fit for secrets: `systemRandom`. */
export const generateSecret = (random: Random): GroupSecret => parseSecret(randomHex(random, 32));

/** The sides of the two handshakes: a proof made for one is worth nothing for another. */
export type ProofRole = 'member' | 'coordinator' | 'dialer' | 'acceptor';

/** `facts` are all that both sides must agree on, nonces included. A JSON array keeps their borders apart. */
export function prove(secret: GroupSecret, role: ProofRole, facts: readonly (string | number)[]): string {
  return createHmac('sha256', secret).update(JSON.stringify(['pappus', role, ...facts])).digest('hex');
}

export function isProven(proof: string, secret: GroupSecret, role: ProofRole, facts: readonly (string | number)[]): boolean {
  const expected = Buffer.from(prove(secret, role, facts), 'hex');
  const given = Buffer.from(proof, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
