/** A client that sends a tar file bit by bit and reads its answer when it likes. */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { END_OF_TAR, itemHead, itemPadding } from '@pappus/api';

export class StreamingClient {
  readonly #request: ClientRequest;
  readonly response: Promise<IncomingMessage>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#request = request(url, { method: 'POST', headers: { 'content-type': 'application/x-tar', accept: 'application/x-tar', ...headers } });
    this.response = new Promise((resolve, reject) => {
      this.#request.once('response', resolve);
      this.#request.once('error', reject);
    });
    this.response.catch(() => {}); // those who leave do not ask
    this.#request.flushHeaders();
  }

  /** Resolves when the server has room for more. */
  async item(set: string, name: string, data: Uint8Array): Promise<void> {
    await this.bytes(Buffer.concat([itemHead(set, name, 0, data.length), data, itemPadding(data.length)]));
  }

  bytes(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#request.write(bytes, () => resolve());
    });
  }

  end(bytes: Uint8Array = END_OF_TAR): void {
    this.#request.end(bytes);
  }

  leave(): void {
    this.#request.destroy();
  }
}

/** All that comes until `part` has, or to the end; a connection that breaks off is an end too. */
export async function received(response: IncomingMessage, part: string | null = null): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      text += chunk.toString('latin1');
      if (part !== null && text.includes(part)) return text;
    }
  } catch {
    return `${text} broken off`;
  }
  return text;
}
