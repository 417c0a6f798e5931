/** What would take too long for the unit tests: engines that are killed under load, many connections, many bytes, much garbage. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ProblemError } from '@pappus/api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawConnection } from '../testing/raw-client.ts';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest({ config: { engines: { threads: 2, spares: 1, spareProcesses: 1 }, http: { headersTimeoutMs: 60_000 } } });
  await server.deploy('copy');
});
afterAll(() => server.stop());

/** Engine processes of this process. */
function engines(): readonly number[] {
  const lines = execFileSync('ps', ['-o', 'pid=,ppid=,args=', '-A']).toString().split('\n');
  return lines.filter((line) => line.includes('engine-main') && line.trim().split(/\s+/)[1] === String(process.pid)).map((line) => Number(line.trim().split(/\s+/)[0]));
}

const rssBytes = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;

async function works(): Promise<void> {
  expect(text(await server.client.invokeRaw('copy', 'still here'))).toBe('still here');
}

describe('engines', () => {
  it('that are killed under load lose no invocation', async () => {
    let running = true;
    let done = 0;
    const failures: unknown[] = [];
    const callers = Array.from({ length: 16 }, async (_, caller) => {
      for (let call = 0; running; call++) {
        const sent = `${caller}/${call}`;
        const got = await server.client.invokeRaw('copy', sent).catch((error: unknown) => error);
        if (got instanceof Uint8Array && text(got) === sent) done += 1;
        else failures.push(got);
      }
    });
    // Engines that are killed while they come up are another matter: with too many of these in a row, work is refused.
    const goesOn = async (): Promise<void> => {
      const wanted = done + 300;
      while (done < wanted && failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    for (let kills = 0; kills < 5; kills++) {
      await goesOn();
      const [victim] = engines();
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
    }
    await goesOn();
    running = false;
    await Promise.all(callers);
    expect(failures.map((failure) => (failure as ProblemError).problem ?? failure)).toEqual([]);
    expect(done).toBeGreaterThan(1_000);
    expect(await server.client.metrics()).toMatch(/pappus_engine_processes_lost_total [1-9]/);
  });

  it('that are all gone make the server not ready, until others are up', async () => {
    for (const engine of engines()) process.kill(engine, 'SIGKILL');
    const said: string[] = [];
    const deadline = performance.now() + 20_000;
    while (performance.now() < deadline) {
      const answer = await server.client.ready().then(() => 'ready', (error: ProblemError) => `${error.problem.status} ${error.problem.detail}`);
      if (said.at(-1) !== answer) said.push(answer);
      if (said.length > 1 && answer === 'ready') break;
    }
    expect(said.slice(-2)).toEqual(['503 no engine is up at this moment', 'ready']);
    await works();
  });
});

/** Holds connections open until its standard input ends: a process has not enough files for both ends of so many. */
const HOLDER = `
  const { connect } = require('node:net');
  const [host, port, count] = process.argv.slice(1);
  let open = 0;
  const next = () => {
    if (open === Number(count)) return process.stdout.write('open');
    const batch = Array.from({ length: 100 }, () => new Promise((resolve, reject) => connect({ host, port }, resolve).once('error', reject)));
    Promise.all(batch).then(() => { open += 100; next(); });
  };
  next();
  process.stdin.resume().once('end', () => process.exit());`;

describe('10,000 idle connections', () => {
  it('cost little memory each, and others are served meanwhile', async () => {
    const { hostname, port } = new URL(server.url);
    const before = rssBytes();
    const holder = spawn(process.execPath, ['-e', HOLDER, hostname, port, '10000'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    while (!/pappus_http_connections 10\d{3}/.test(await server.client.metrics()));
    await works();
    expect((rssBytes() - before) / 10_000).toBeLessThan(30_000);
    holder.stdin.end();
    await ended;
    while (!/pappus_http_connections \d{1,2}\n/.test(await server.client.metrics()));
    await works();
  });
});

describe('garbage', () => {
  it('in bodies is always answered, and never harms', async () => {
    const bytes = fc.uint8Array({ maxLength: 4_000 });
    const type = fc.constantFrom('multipart/form-data; boundary=b', 'application/x-tar', 'application/vnd.pappus.sets', 'multipart/form-data; boundary="', 'text/plain');
    const part = fc.constantFrom(...['--b\r\n', 'Content-Disposition: form-data; name="in"; filename="', '"\r\n', 'Pappus-Key: 7\r\n', '\r\n', '--b--', 'x'].map((piece) => Buffer.from(piece)));
    const body = fc.oneof(bytes, fc.array(part, { maxLength: 20 }).map((parts) => Uint8Array.from(Buffer.concat(parts))));
    await fc.assert(
      fc.asyncProperty(body, type, async (sent, contentType) => {
        const response = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: Uint8Array.from(sent), headers: { 'content-type': contentType } });
        await response.arrayBuffer();
        expect([200, 400, 413, 415]).toContain(response.status);
      }),
      { numRuns: 3_000 },
    );
    await works();
  });

  it('in place of requests is always answered by the end of the connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.constantFrom('', 'POST /v1/invoke/copy HTTP/1.1\r\nHost: localhost\r\n', 'PUT /v1/functions/x?in=a&out=b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'), async (noise, head) => {
        const { socket, ended } = await rawConnection(server.url);
        socket.end(Buffer.concat([Buffer.from(head), noise]));
        await ended;
      }),
      { numRuns: 2_000 },
    );
    await works();
  });

  it('in deployments is refused, and nothing of it is registered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.boolean(), async (code, wasm) => {
        const bytes = wasm ? Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...code]) : code;
        const refusal = await server.client.deployFunction('garbage', { inputs: [], outputs: [] }, bytes).catch((error: unknown) => error);
        expect((refusal as ProblemError).problem).toMatchObject({ status: 422, code: 'refused' });
      }),
      { numRuns: 300 },
    );
    await expect(server.client.describe('garbage')).rejects.toMatchObject({ code: 'not-found' });
    await works();
  });
});
