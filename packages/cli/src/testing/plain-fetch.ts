/**
 * Fetch over node:http, for servers that die in the midst of an answer: Node's own fetch may then reject where nobody can
 * catch it ("ReadableStream is already closed"), which ends the test.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';

export const plainFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const body = Buffer.from(await request.arrayBuffer());
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...Object.fromEntries(request.headers), 'content-length': body.length };
    httpRequest(request.url, { method: request.method, headers }, resolve).once('error', reject).end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Response(Buffer.concat(chunks), { status: response.statusCode ?? 0, headers });
};
