/**
 * Byte streams behind an interface: real TCP in `tcp-network.ts`, testkit's simulated network in tests.
 * Nothing else in the package opens a socket.
 */
import type { Duplex } from 'node:stream';
import type { Address } from './group.ts';

export interface Connection {
  /** Bytes in order; with TCP the `net.Socket` itself. Its errors carry a system code such as ECONNRESET. */
  readonly stream: Duplex;
  readonly local: Address;
  readonly remote: Address;
  /** Breaks it at once: the other side sees an error and no end (TCP's RST). */
  reset(): void;
}

export interface Listener {
  /** Where it listens; the port is the real one when port 0 was asked for. */
  readonly address: Address;
  /** Takes no more connections; those that stand stay. Idempotent. */
  close(): Promise<void>;
}

export interface Network {
  listen(at: Address, onConnection: (connection: Connection) => void): Promise<Listener>;
  /** Rejects with a system error, or with the signal's reason. */
  connect(to: Address, signal: AbortSignal): Promise<Connection>;
}

export const formatAddress = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
