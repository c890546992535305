import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** Bytes from hexadecimal digits; white space is for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[\da-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function sized(part: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(part.length >>> 8, part.length), part);
}

/** The body of an UPDATE from its three fields; their lengths are put in. */
export function body(
  attributes: readonly Uint8Array[],
  nlri: Uint8Array = new Uint8Array(0),
  withdrawn: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return concat(sized(withdrawn), sized(concat(...attributes)), nlri);
}

/** A path attribute; its length is put in, in the shortest form. */
export function attribute(flags: number, code: number, value: Uint8Array): Uint8Array {
  if (value.length > 255) return concat(Uint8Array.of(flags | 0x10, code), sized(value));
  return concat(Uint8Array.of(flags, code, value.length), value);
}

/** `toEqual` without its cost when there is nothing to say. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
  expect(actual === undefined).toBe(expected === undefined);
}
