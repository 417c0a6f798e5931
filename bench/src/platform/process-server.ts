/** HTTP in front of a process for each request: the body to its standard input, its standard output back. `{id}` in an argument is another one each time. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const [program = 'cat', ...args] = process.argv.slice(2);
let runs = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const id = `pappus-bench-${process.pid}-${runs++}`;
  const child = spawn(program, args.map((argument) => argument.replace('{id}', id)), { stdio: ['pipe', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stdin.on('error', () => {}); // the process has ended early, which its status says
  child.on('error', () => end(response, 500, []));
  child.on('close', (code) => end(response, code === 0 ? 200 : 500, pieces));
  request.pipe(child.stdin);
}

function end(response: ServerResponse, status: number, pieces: readonly Buffer[]): void {
  if (response.headersSent) return;
  const body = Buffer.concat(pieces);
  response.writeHead(status, { 'content-type': 'application/octet-stream', 'content-length': body.length });
  response.end(body);
}

const server = createServer(answer);
server.listen(0, '127.0.0.1', () => process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => process.exit(0));
