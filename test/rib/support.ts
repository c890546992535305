import fc from 'fast-check';

export { runs } from '../runs.ts';

/** NLRI of one prefix, host bits zero: its length octet and the octets that it needs. */
export function nlri(bits: number, bytes: readonly number[]): Uint8Array {
  const octets = (bits + 7) >> 3;
  const out = new Uint8Array(1 + octets);
  out[0] = bits;
  for (let i = 0; i < octets; i++) out[1 + i] = bytes[i] ?? 0;
  if (bits % 8 !== 0) out[octets] = (out[octets] as number) & (0xff00 >> (bits % 8));
  return out;
}

/** Few octet values and lengths, so that prefixes meet, nest and collide. */
export const ipv6Nlri: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(0, 1, 7, 16, 32, 33, 48, 56, 64, 65, 96, 127, 128),
    fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 16, maxLength: 16 }),
  )
  .map(([bits, bytes]) => nlri(bits, bytes));

export const ipv4Nlri: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(0, 1, 8, 15, 16, 24, 31, 32),
    fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 4, maxLength: 4 }),
  )
  .map(([bits, bytes]) => nlri(bits, bytes));
