/**
 * What must hold for any body of an invocation, over a socket. A good one gives the items that were put into it; a damaged
 * one is answered with what is wrong, or with what the decoder of its form finds in it. How a body is cut into pieces on
 * its way never matters.
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import { assert } from '@pappus/core';
import { decodeTar } from '@pappus/api';
import { decodeSets, type Item } from '@pappus/platform';
import type { Body, GoodBody } from './bodies.ts';

interface Answer {
  readonly status: number;
  /** Output items as text, or the code of the problem. */
  readonly outcome: string;
}

const STATUSES: readonly number[] = [200, 400, 413, 415];
const ANSWER_MS = 30_000;
const MAX_ITEMS = 100_000;
const TYPE = 'application/vnd.pappus.sets';

export class BodyProbe {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly answers: Map<number, number> = new Map();

  /** Of a server with a function `copy`. */
  constructor(url: string) {
    this.#url = `${url}/v1/invoke/copy`;
  }

  async checkGood(body: GoodBody, cuts: readonly number[]): Promise<void> {
    const expected = described(body.items);
    for (const answer of [await this.#send(body, []), await this.#send(body, cuts)]) {
      assert(answer.status === 200 && answer.outcome === expected, `expected ${expected}, got ${answer.status} ${answer.outcome}`);
    }
  }

  async checkDamaged(body: Body, cuts: readonly number[]): Promise<void> {
    const whole = await this.#send(body, []);
    const pieces = await this.#send(body, cuts);
    assert(STATUSES.includes(whole.status), `${whole.status} ${whole.outcome}`);
    assert(whole.status === pieces.status && whole.outcome === pieces.outcome, `in one piece ${whole.status} ${whole.outcome}, in several ${pieces.status} ${pieces.outcome}`);
    const decoded = oracle(body);
    if (decoded === undefined || whole.status !== 200) return;
    assert(decoded === whole.outcome, `the decoder finds ${decoded ?? 'nothing'}, the server ${whole.outcome}`);
  }

  stop(): void {
    this.#agent.destroy();
  }

  /** In one piece of known length, or in pieces of unknown length, each sent by itself. */
  async #send({ contentType, bytes }: Body, cuts: readonly number[]): Promise<Answer> {
    const headers = { 'content-type': contentType, accept: TYPE, ...(cuts.length === 0 ? { 'content-length': bytes.length } : {}) };
    const sent = request(this.#url, { method: 'POST', headers, agent: this.#agent, timeout: ANSWER_MS });
    sent.setNoDelay(true);
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('timeout', () => sent.destroy(new Error(`no answer for ${ANSWER_MS} ms`)));
      sent.on('error', reject);
    });
    answered.catch(() => {});
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
    let from = 0;
    for (const to of [...places, bytes.length]) {
      if (to > from) sent.write(bytes.subarray(from, to));
      from = to;
      if (places.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    sent.end();
    const response = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const status = response.statusCode ?? 0;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    return { status, outcome: outcomeOf(status, response.headers['content-type'] ?? '', Buffer.concat(chunks)) };
  }
}

function outcomeOf(status: number, type: string, body: Buffer): string {
  if (status === 200) return described(decodeSets(body)[0]?.items ?? []);
  assert(type === 'application/problem+json', `a problem of the type ${type}`);
  const problem = JSON.parse(body.toString()) as { readonly code: string; readonly detail: string };
  // oxlint-disable-next-line no-control-regex
  assert(problem.detail.length > 0 && problem.detail.length < 1_000 && !/[\u0000-\u001f\u007f-\u009f]/.test(problem.detail), `the problem ${JSON.stringify(problem.detail)}`);
  return problem.code;
}

/** What the form's own decoder finds: null where it refuses, undefined where there is no decoder to ask. */
function oracle({ form, bytes }: Body): string | null | undefined {
  try {
    if (form === 'tar') return described(decodeTar(bytes, MAX_ITEMS).sets.get('in') ?? []);
    if (form === 'frame') return described(decodeSets(bytes).find(({ name }) => name === 'in')?.items ?? []);
    return undefined;
  } catch {
    return null;
  }
}

const described = (items: readonly Item[]): string => JSON.stringify(items.map(({ name, key, data }) => [name, key, data.length, Buffer.from(data).toString('base64').slice(0, 200), sum(data)]));

function sum(data: Uint8Array): number {
  let total = 0;
  for (const byte of data) total = (Math.imul(total, 31) + byte) | 0;
  return total;
}
