/** Bytes to a server and back, for what no HTTP client would send. */
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  readonly socket: Socket;
  /** Everything until the server ends the connection, as text. */
  readonly ended: Promise<string>;
  /** Resolves with what has come when it has this in it. */
  until(part: string): Promise<string>;
}

export async function rawConnection(url: string, options: { readonly allowHalfOpen?: boolean } = {}): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = '';
  const wake: (() => void)[] = [];
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    for (const waiter of wake.splice(0)) waiter();
  });
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  if (options.allowHalfOpen !== true) socket.once('end', () => socket.end());
  return {
    socket,
    ended,
    async until(part) {
      while (!received.includes(part)) await new Promise<void>((resolve) => void wake.push(resolve));
      return received;
    },
  };
}

/** What comes back for these bytes, until the server ends the connection. */
export async function rawAnswer(url: string, bytes: string | Uint8Array): Promise<string> {
  const { socket, ended } = await rawConnection(url);
  socket.write(bytes);
  return ended;
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
