import { fc } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Capability } from '../../src/wire/capability.ts';
import { BgpError } from '../../src/wire/error.ts';
import { type Family, family } from '../../src/wire/family.ts';

/** How often a property is tried. */
export { runs as numRuns } from '../runs.ts';

/** Octets from hexadecimal digits; spaces are for the reader. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** What `run` throws must be a BgpError with this code and subcode; its data is returned in hexadecimal digits. */
export function refusal(run: () => unknown): { code: number; subcode: number; data: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof BgpError) return { code: error.code, subcode: error.subcode, data: hexOf(error.data) };
    throw error;
  }
  return expect.unreachable('nothing was thrown');
}

/** The value that `decode` answers, or undefined when it throws a BgpError; any other error passes through. */
export function total<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(BgpError);
    return undefined;
  }
}

/** Octets that are nearly right: some changed, some cut out, some of `bytes` once more in another place. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bytes, fc.nat(), fc.nat(), fc.nat(255), fc.nat(2)).map(([whole, from, to, value, how]) => {
    const start = from % (whole.length + 1);
    const end = to % (whole.length + 1);
    if (how === 0) return whole.map((octet, index) => (index === start ? value : octet));
    if (how === 1)
      return Uint8Array.of(...whole.subarray(0, Math.min(start, end)), ...whole.subarray(Math.max(start, end)));
    return Uint8Array.of(...whole.subarray(0, start), ...whole.subarray(end), ...whole.subarray(start));
  });
}

export const anyFamily: fc.Arbitrary<Family> = fc
  .oneof(fc.constantFrom([1, 1], [2, 1], [25, 70]), fc.tuple(fc.nat(0xffff), fc.nat(0xff)))
  .map(([afi, safi]) => family(afi as number, safi as number));

const u32 = fc.nat(0xffff_ffff);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** One capability of each name, with values in range; the unknown have codes that nobody knows. */
export const anyCapability: fc.Arbitrary<Capability> = fc.oneof(
  anyFamily.map((of): Capability => ({ name: 'multiprotocol', family: of })),
  fc.constantFrom<Capability>(
    { name: 'route-refresh' },
    { name: 'extended-message' },
    { name: 'enhanced-route-refresh' },
    { name: 'link-local-next-hop' },
  ),
  fc
    .array(fc.record({ family: anyFamily, nextHopAfi: fc.nat(0xffff) }), { maxLength: 42 })
    .map((entries): Capability => ({ name: 'extended-next-hop', entries })),
  fc.nat(0xff).map((role): Capability => ({ name: 'role', role })),
  fc
    .record({
      restarting: fc.boolean(),
      notification: fc.boolean(),
      time: fc.nat(0xfff),
      families: fc.array(fc.record({ family: anyFamily, forwarding: fc.boolean() }), { maxLength: 63 }),
    })
    .map((fields): Capability => ({ name: 'graceful-restart', ...fields })),
  u32.map((asn): Capability => ({ name: 'four-octet-as', asn: Math.max(1, asn) })),
  fc
    .array(fc.record({ family: anyFamily, mode: fc.constantFrom('receive', 'send', 'both') }), { maxLength: 63 })
    .map((families): Capability => ({ name: 'add-path', families })),
  fc
    .array(fc.record({ family: anyFamily, forwarding: fc.boolean(), staleTime: fc.nat(0xffffff) }), { maxLength: 36 })
    .map((families): Capability => ({ name: 'long-lived-graceful-restart', families })),
  fc.tuple(text, text).map(([host, domain]): Capability => ({ name: 'fqdn', host, domain })),
  text.map((version): Capability => ({ name: 'software-version', version })),
  fc
    .tuple(fc.constantFrom(0, 3, 8, 67, 128, 255), fc.uint8Array({ maxLength: 255 }))
    .map(([code, value]): Capability => ({ name: 'unknown', code, value })),
);
