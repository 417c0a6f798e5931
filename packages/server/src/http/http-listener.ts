/** The node:http server: its time limits, its bounds, and what it says to those who speak no HTTP. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '@pappus/api';
import { AppError, errorMessage, systemCode, type Clock, type Logger } from '@pappus/core';
import type { ServerConfig } from '../config/server-config.ts';
import { CONNECTIONS_CHECK_MS, LINGER_MS, MAX_HEADER_BYTES, MAX_HEADERS } from '../limits.ts';
import { DirectRequest } from './direct-request.ts';
import { problem } from './problem-of.ts';
import { isQueued } from './send.ts';

export interface ListenerOptions {
  readonly config: Pick<ServerConfig, 'host' | 'port' | 'http'>;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HttpListener {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  /** The latest answer on each connection, those before it may still be under way; null where none was asked for. */
  readonly #latest = new Map<Socket, ServerResponse | null>();
  #stopping = false;
  /** Connections that were dropped since there were too many. */
  refused = 0;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = this.#create();
  }

  /** Resolves when connections are taken. */
  static async open(options: ListenerOptions): Promise<HttpListener> {
    const { config: { host, port }, logger } = options;
    const listener = new HttpListener(options);
    const server = listener.#server;
    await listening(server, host, port);
    server.on('error', (error) => logger.log('error', 'the HTTP server failed', { error: errorMessage(error) }));
    return listener;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  get connections(): number {
    return this.#latest.size;
  }

  /** Takes no more connections; resolves when those there are have ended, each with its last answer, which they get `graceMs` for. */
  async close(graceMs: number): Promise<void> {
    this.#stopping = true;
    const timer = this.#options.clock.schedule(graceMs, () => this.#server.closeAllConnections());
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    timer.cancel();
  }

  #create(): Server {
    const { http } = this.#options.config;
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    const server = createServer(
      {
        headersTimeout: http.headersTimeoutMs,
        requestTimeout: http.requestTimeoutMs,
        keepAliveTimeout: http.keepAliveMs,
        connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        noDelay: true,
        IncomingMessage: DirectRequest,
      },
      take,
    );
    server.maxHeadersCount = MAX_HEADERS;
    server.maxConnections = http.maxConnections;
    // A body is asked for when it is clear that it is wanted.
    server.on('checkContinue', take);
    server.on('clientError', (error, socket) => refuse(error, socket as Socket, this.#latest.get(socket as Socket) ?? null));
    server.on('connection', (socket: Socket) => {
      this.#latest.set(socket, null);
      socket.once('close', () => this.#latest.delete(socket));
    });
    server.on('drop', () => (this.refused += 1));
    // Called by `close`; by itself it would cut off answers that are written, and have not left.
    server.closeIdleConnections = () => {
      for (const [socket, answer] of this.#latest) this.#endWith(socket, answer);
    };
    return server;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#latest.set(socket, response);
    // The body may have come already, which is known in a moment.
    if (this.#stopping) queueMicrotask(() => this.#endWith(socket, response));
    this.#options.handle(request, response);
  }

  /** Ends a connection with its latest answer, which says so where it still can. */
  #endWith(socket: Socket, answer: ServerResponse | null): void {
    if (answer === null) return void socket.destroy();
    if (answer.writableFinished) return this.#endAfter(socket, answer);
    if (answer.req.complete && !answer.headersSent) answer.shouldKeepAlive = false;
    else answer.once('finish', () => this.#endAfter(socket, answer));
  }

  /** A client that still sends has time to read its answer. */
  #endAfter(socket: Socket, answer: ServerResponse): void {
    if (this.#latest.get(socket) !== answer) return;
    if (answer.req.complete) socket.destroySoon();
    else this.#options.clock.schedule(LINGER_MS, () => socket.destroySoon(), { background: true });
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const inUse = systemCode(error) === 'EADDRINUSE';
      const message = inUse ? `port ${port} of ${host} is taken` : `cannot listen on ${host}:${port}: ${errorMessage(error)}`;
      reject(new AppError('unavailable', message, { cause: error, ...(inUse ? { hint: 'Is another server running? Choose another port.' } : {}) }));
    };
    server.once('error', fail);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/**
 * An answer to what is no HTTP request, then the end of the connection. Nothing is written into the answer to a request
 * before it: whoever makes that one tells, where it is about its body, or the connection ends without a word.
 */
function refuse(error: Error, socket: Socket, answer: ServerResponse | null): void {
  // Browsers open connections that they may never use: those have no question to answer.
  const isUnused = socket.bytesRead === 0;
  if (!socket.writable || isUnused || systemCode(error) === 'ECONNRESET') return void socket.destroy();
  if (answer !== null && !answer.req.complete) {
    if (answer.req instanceof DirectRequest && answer.req.broken(brokenBody(error))) return;
    if (answer.headersSent || isQueued(answer)) return void socket.destroy();
  } else if (answer !== null && !answer.writableFinished) return void socket.destroy();
  const [status, detail] = garbageStatus(systemCode(error));
  const body = JSON.stringify(problem(status === 408 ? 'deadline-exceeded' : 'protocol', status, detail));
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + body, () => socket.destroy());
}

/** Null: it takes long, which is all that is known. */
function brokenBody(error: Error): AppError | null {
  return systemCode(error) === 'ERR_HTTP_REQUEST_TIMEOUT' ? null : new AppError('corrupt-data', 'the body cannot be read to its end: this is no HTTP', { cause: error });
}

function garbageStatus(code: string | null): readonly [number, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, `the headers have more than ${MAX_HEADER_BYTES} bytes`];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'the request took too long to arrive'];
    default:
      return [400, 'this is no HTTP request'];
  }
}
