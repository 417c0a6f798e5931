import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { patientFetch } from './patient-fetch.ts';

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((_request, response) => void setTimeout(() => response.end('late'), 3_000));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

it('has the limits that it is given, and none of its own', async () => {
  const imported = vi.fn<() => object>(() => ({}));
  vi.doMock('undici', imported);
  const hasty = await patientFetch({ headersTimeout: 500, bodyTimeout: 0 });
  const patient = await patientFetch();
  const [failure, answer] = await Promise.all([hasty(url).catch((thrown: unknown) => thrown), patient(url).then((response) => response.text())]);
  expect(failure).toMatchObject({ cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
  expect(answer).toBe('late');
  expect(imported).not.toHaveBeenCalled();
  vi.doUnmock('undici');
});
