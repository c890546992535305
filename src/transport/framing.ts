import { checkHeader } from '../wire/header.ts';

/** Marker, length and type (RFC 4271, 4.1). */
const headerLength = 19;

/** Cuts a stream of octets into messages. */
export class Framer {
  /** What RFC 8654 raises from 4096 to 65535; looked at anew for each message. */
  maxMessageLength = 4096;
  readonly #header = new Uint8Array(headerLength);
  /** The message that began in an earlier chunk: the header until that is whole, then all of it in a buffer of its own. */
  #partial = this.#header;
  #have = 0;
  #stopped = false;

  /**
   * Gives each message that is whole now, with its header: a view of the chunk, or a copy of its own when it came in pieces.
   * Throws the BgpError of a bad header (RFC 4271, 6.1), after which the stream makes no sense any more.
   */
  push(chunk: Uint8Array, onMessage: (message: Uint8Array) => void): void {
    let at = 0;
    while (!this.#stopped && at < chunk.length) {
      if (this.#have > 0) {
        at = this.#complete(chunk, at, onMessage);
        continue;
      }
      const left = chunk.length - at;
      if (left >= headerLength) {
        const { length } = checkHeader(chunk, at, this.maxMessageLength);
        if (left >= length) {
          onMessage(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
        this.#partial = new Uint8Array(length);
      }
      this.#partial.set(chunk.subarray(at));
      this.#have = left;
      return;
    }
  }

  /** Gives nothing more, not even of a chunk that is being cut. */
  stop(): void {
    this.#stopped = true;
  }

  /** Adds to the partial message what it lacks; returns where the chunk goes on. */
  #complete(chunk: Uint8Array, at: number, onMessage: (message: Uint8Array) => void): number {
    const end = Math.min(chunk.length, at + this.#partial.length - this.#have);
    this.#partial.set(chunk.subarray(at, end), this.#have);
    this.#have += end - at;
    if (this.#have < this.#partial.length) return end;
    if (this.#partial === this.#header) {
      const { length } = checkHeader(this.#header, 0, this.maxMessageLength);
      if (length > headerLength) {
        this.#partial = new Uint8Array(length);
        this.#partial.set(this.#header);
        return end;
      }
    }
    // Whoever gets the message may keep it: the next one must not overwrite it.
    const message = this.#partial === this.#header ? this.#header.slice() : this.#partial;
    this.#partial = this.#header;
    this.#have = 0;
    onMessage(message);
    return end;
  }
}
