/**
 * The services that the composition asks: one that knows who may read which logs, and three servers that keep logs. They
 * listen on loopback only. `pappus dev` starts and ends them, since pappus.json names them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const AUTHORISATION_PORT = 7081;
const LOG_PORTS = [7082, 7083, 7084];
const TOKENS = new Map([['dandelion', 'reader of all logs']]);

const servers: Server[] = [];

function serve(port: number, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  const server = createServer(answer);
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Says which log servers the bearer of a token may ask. */
function authorise(request: IncomingMessage, response: ServerResponse): void {
  const name = TOKENS.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  if (name === undefined) return void response.writeHead(403, { 'content-type': 'text/plain' }).end('unknown token');
  const logs = LOG_PORTS.map((port) => `http://127.0.0.1:${port}/logs`);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ name, logs }));
}

/** The same lines each time, others on each server. */
function logLines(server: number): string {
  const levels = ['INFO', 'INFO', 'WARN', 'INFO', 'ERROR'];
  const events = ['request served', 'cache filled', 'slow answer', 'connection opened', 'disk is full'];
  const lines = Array.from({ length: 20 }, (_, index) => {
    const kind = (index * (server + 1)) % levels.length;
    return `2026-05-01T12:${String(index).padStart(2, '0')}:00Z ${levels[kind]} ${events[kind]}`;
  });
  return `${lines.join('\n')}\n`;
}

await serve(AUTHORISATION_PORT, authorise);
for (const [index, port] of LOG_PORTS.entries()) await serve(port, (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(logLines(index)));
process.stdout.write(`authorisation on port ${AUTHORISATION_PORT}, logs on ${LOG_PORTS.join(', ')}\n`);

function stop(): void {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  process.stdin.destroy();
}
process.on('SIGTERM', stop);
// Whoever started this is gone.
process.stdin.resume().on('end', stop);
