import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { codeOf } from '../api/socket.ts';

/**
 * Holds a directory for this process among those of its network namespace: a socket of Linux's abstract namespace has the directory's name. There is no file
 * of it that could be left behind: the name goes with the process, however that ends.
 */
export class StateLock {
  readonly #server: Server | undefined;

  private constructor(server: Server | undefined) {
    this.#server = server;
  }

  /** Throws when another process, or this one, holds it. Elsewhere than on Linux there is nothing to hold. */
  static async take(directory: string): Promise<StateLock> {
    if (process.platform !== 'linux') return new StateLock(undefined);
    const { dev, ino } = statSync(directory, { bigint: true });
    const server = createServer((socket) => socket.destroy());
    try {
      server.listen({ path: `\0herald-state-${dev}-${ino}`, backlog: 1 });
      await once(server, 'listening');
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      throw new Error('another daemon uses it; stop that one or choose another directory', { cause: error });
    }
    return new StateLock(server.unref());
  }

  async release(): Promise<void> {
    if (this.#server === undefined) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
