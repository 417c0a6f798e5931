/**
 * A network of byte streams as the simulation offers it. It has the shape of the overlay's `Network`, but is written
 * down here: testkit depends on no package that it tests.
 */
import type { Duplex } from 'node:stream';

export interface TestAddress {
  readonly host: string;
  readonly port: number;
}

export interface TestConnection {
  /** Has a listener for `error`, so that one which nobody expects does not crash the process. */
  readonly stream: Duplex;
  readonly local: TestAddress;
  readonly remote: TestAddress;
  reset(): void;
}

export interface TestListener {
  readonly address: TestAddress;
  close(): Promise<void>;
}

export interface TestNetwork {
  listen(at: TestAddress, onConnection: (connection: TestConnection) => void): Promise<TestListener>;
  connect(to: TestAddress, signal: AbortSignal): Promise<TestConnection>;
}
