import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Client, ClientWritableStream } from '@grpc/grpc-js';

/** A unary call that sends bytes and drops what it is answered: the same for every speaker with a gRPC API. */
export function unary(client: Client, path: string, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A call that sends many, each when those before it are on their way. */
export function streaming(client: Client, path: string, requests: readonly Buffer[], seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + seconds * 1000 };
    const stream = client.makeClientStreamRequest(path, same, same, options, (error) =>
      error === null ? resolve() : reject(error),
    );
    const write = async () => {
      for (const request of requests) await (stream.write(request) ? turn() : once(stream, 'drain'));
      stream.end();
    };
    write().catch(reject);
  });
}

/** A call that stays open, to send one request after another. */
export class OpenStream {
  readonly #stream: ClientWritableStream<Buffer>;

  constructor(client: Client, path: string) {
    this.#stream = client.makeClientStreamRequest(path, same, same, () => undefined);
    this.#stream.on('error', () => undefined);
  }

  send(request: Buffer): void {
    this.#stream.write(request);
  }

  close(): void {
    this.#stream.cancel();
  }
}

/** A call whose answers are kept as they came, and not looked at. */
export function listing(client: Client, path: string, request: Buffer): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const answers: Buffer[] = [];
    const stream = client.makeServerStreamRequest(path, same, same, request);
    stream.on('data', (answer: Buffer) => answers.push(answer));
    stream.on('end', () => resolve(answers));
    stream.on('error', reject);
  });
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
