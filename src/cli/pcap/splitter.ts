import { BgpError } from '../../wire/error.ts';
import { checkHeader, extendedMaxLength, headerLength } from '../../wire/header.ts';

/** What a stream is made of. */
export type Part =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** A header that is none; its octets are among the lost ones that follow. */
  | { readonly kind: 'malformed'; readonly bytes: Uint8Array; readonly error: BgpError }
  /** Octets that the capture lacks, or that belong to no whole message. */
  | { readonly kind: 'lost'; readonly octets: number };

const MARKER_LENGTH = 16;

/** Splits octets into BGP messages. Where it does not know where one starts, it looks for the next header. */
export class Splitter {
  #bytes = new Uint8Array(256);
  #start = 0;
  #end = 0;
  #synchronized: boolean;
  #lost = 0;

  /** `synchronized`: the first octet is that of a message. */
  constructor(synchronized: boolean) {
    this.#synchronized = synchronized;
  }

  add(bytes: Uint8Array): Part[] {
    this.#append(bytes);
    const parts: Part[] = [];
    for (let part = this.#read(); part !== undefined; part = this.#read()) parts.push(part);
    return parts;
  }

  /** So many octets are missing here. */
  gap(octets: number): void {
    this.#lost += octets + this.#end - this.#start;
    this.#start = this.#end;
    this.#synchronized = false;
  }

  /** What is left when nothing more comes. */
  end(): Part[] {
    this.gap(0);
    return this.#lost === 0 ? [] : [this.#takeLost()];
  }

  #read(): Part | undefined {
    if (!this.#synchronized && !this.#synchronize()) return undefined;
    if (this.#lost > 0) return this.#takeLost();
    if (this.#end - this.#start < headerLength) return undefined;
    try {
      const { length } = checkHeader(this.#bytes, this.#start, extendedMaxLength);
      return this.#end - this.#start < length ? undefined : { kind: 'message', bytes: this.#take(length) };
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      const bytes = this.#bytes.slice(this.#start, this.#start + headerLength);
      // The next header may start right behind the first octet.
      this.#skipTo(this.#start + 1);
      this.#synchronized = false;
      return { kind: 'malformed', bytes, error };
    }
  }

  /** Moves to the next header; false when there is none yet. */
  #synchronize(): boolean {
    let ones = 0;
    for (let at = this.#start; at < this.#end; at++) {
      if (this.#bytes[at] === 0xff) {
        ones++;
        continue;
      }
      if (ones >= MARKER_LENGTH) {
        // Ones before the marker belong to what was lost: the last sixteen are the marker.
        const start = at - MARKER_LENGTH;
        if (start + headerLength > this.#end) return this.#skipTo(start);
        if (this.#isHeader(start)) {
          this.#skipTo(start);
          this.#synchronized = true;
          return true;
        }
      }
      ones = 0;
    }
    return this.#skipTo(this.#end - Math.min(ones, MARKER_LENGTH));
  }

  #skipTo(start: number): false {
    this.#lost += start - this.#start;
    this.#start = start;
    return false;
  }

  #isHeader(at: number): boolean {
    try {
      checkHeader(this.#bytes, at, extendedMaxLength);
      return true;
    } catch (error) {
      if (error instanceof BgpError) return false;
      throw error;
    }
  }

  #takeLost(): Part {
    const octets = this.#lost;
    this.#lost = 0;
    return { kind: 'lost', octets };
  }

  #take(length: number): Uint8Array {
    const bytes = this.#bytes.slice(this.#start, this.#start + length);
    this.#start += length;
    return bytes;
  }

  #append(bytes: Uint8Array): void {
    const held = this.#end - this.#start;
    const needed = held + bytes.length;
    if (this.#end + bytes.length > this.#bytes.length) {
      // Half of it stays free, so that many small pieces cost no more than their octets.
      const room = 2 * needed <= this.#bytes.length ? this.#bytes : new Uint8Array(2 * needed);
      room.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = room;
      this.#start = 0;
      this.#end = held;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}
