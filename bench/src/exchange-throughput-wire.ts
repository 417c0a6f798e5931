/** The benchmark's transport: one TCP connection per partition, frames back to back, their length in their header. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Frame = Uint8Array<ArrayBuffer>;

const headerBytes = 24;
const lengthAt = 8;
const queuedFrames = 8;

/** Frames of all connections, in the order of their arrival; reading pauses while the queue is full. */
export class FrameServer {
  readonly #server: Server;
  readonly #frames: Frame[] = [];
  readonly #sockets = new Set<Socket>();
  #waiting: ((frame: Frame | null) => void) | null = null;
  #open = 0;
  #expected = 0;

  constructor() {
    this.#server = createServer({ noDelay: true, highWaterMark: 1 << 20 }, (socket) => this.#receive(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  expect(connections: number): void {
    this.#expected = connections;
    this.#open = connections;
  }

  next(): Promise<Frame | null> {
    const frame = this.#frames.shift();
    if (this.#frames.length < queuedFrames) for (const socket of this.#sockets) socket.resume();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.#expected > 0 && this.#open === 0) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#server.close();
  }

  #receive(socket: Socket): void {
    const assembler = new FrameAssembler();
    this.#sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of assembler.take(chunk)) this.#deliver(frame);
      if (this.#frames.length >= queuedFrames) socket.pause();
    });
    socket.on('end', () => {
      this.#sockets.delete(socket);
      this.#open -= 1;
      if (this.#open === 0) this.#deliver(null);
    });
  }

  #deliver(frame: Frame | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) waiting(frame);
    else if (frame !== null) this.#frames.push(frame);
  }
}

/** Cuts a byte stream into frames, each in a buffer of its own. */
class FrameAssembler {
  readonly #header: Uint8Array = new Uint8Array(headerBytes);
  #headerFill = 0;
  #frame: Frame | null = null;
  #fill = 0;

  *take(chunk: Uint8Array): Generator<Frame> {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#frame === null) {
        const part = chunk.subarray(at, at + headerBytes - this.#headerFill);
        this.#header.set(part, this.#headerFill);
        this.#headerFill += part.byteLength;
        at += part.byteLength;
        if (this.#headerFill < headerBytes) return;
        this.#begin();
      }
      const frame = this.#frame as Frame | null;
      if (frame === null) return;
      const part = chunk.subarray(at, at + frame.byteLength - this.#fill);
      frame.set(part, this.#fill);
      this.#fill += part.byteLength;
      at += part.byteLength;
      if (this.#fill < frame.byteLength) return;
      this.#frame = null;
      this.#headerFill = 0;
      yield frame;
    }
  }

  #begin(): void {
    const length = new DataView(this.#header.buffer).getUint32(lengthAt, true);
    const memory = Buffer.allocUnsafeSlow(length);
    this.#frame = new Uint8Array(memory.buffer as ArrayBuffer, memory.byteOffset, length);
    this.#frame.set(this.#header);
    this.#fill = headerBytes;
  }
}

export interface FrameClient {
  write(consumer: number, frame: Uint8Array): Promise<void>;
  finish(): Promise<void>;
}

export async function openClient(port: number, connections: number): Promise<FrameClient> {
  const sockets = Array.from({ length: connections }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return {
    async write(consumer, frame) {
      const socket = sockets[consumer];
      if (socket?.write(frame) === false) await once(socket, 'drain');
    },
    async finish() {
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.end(() => resolve()))));
    },
  };
}
