/** The kernel's TCP as a `Network`. */
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import type { Address } from './group.ts';
import type { Connection, Listener, Network } from './network.ts';

const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/;

function asConnection(socket: Socket): Connection {
  const address = (host: string | undefined, port: number | undefined): Address => ({ host: (host ?? '').replace(IPV4_IN_IPV6, ''), port: port ?? 0 });
  socket.setNoDelay(true);
  return {
    stream: socket,
    local: address(socket.localAddress, socket.localPort),
    remote: address(socket.remoteAddress, socket.remotePort),
    // A socket that is shutting down cannot be reset: libuv refuses, and its handle would stay open for ever.
    reset: () => void (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()),
  };
}

/** A socket may fail when nobody listens to its errors yet (or any more); who reads or writes it learns it all the same. */
const keepErrorsHarmless = (socket: Socket): Socket => socket.on('error', () => {});

function asListener(server: Server): Listener {
  const bound = server.address();
  const address = typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : { host: '', port: 0 };
  return {
    address,
    close: async () => void server.close(),
  };
}

export const tcpNetwork: Network = {
  listen: (at, onConnection) =>
    new Promise((resolve, reject) => {
      const server = createServer((socket) => onConnection(asConnection(keepErrorsHarmless(socket))));
      server.once('error', reject);
      server.listen({ host: at.host, port: at.port, backlog: 511 }, () => {
        server.off('error', reject);
        server.on('error', () => {}); // accept() failed (no descriptors left): the next one may succeed
        resolve(asListener(server));
      });
    }),

  connect: (to, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const socket = keepErrorsHarmless(connectSocket({ host: to.host, port: to.port, noDelay: true }));
      const onAbort = (): void => {
        socket.destroy();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('error', (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      });
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort);
        resolve(asConnection(socket));
      });
    }),
};
