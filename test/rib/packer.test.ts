import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import { Packer } from '../../src/rib/packer.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { encodeAttributes } from '../../src/wire/attribute.ts';
import { attributeSet } from '../../src/wire/attribute-set.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { prefixesOf } from '../../src/wire/nlri.ts';
import { decodeUpdate } from '../../src/wire/update-codec.ts';
import { ipv4Nlri, ipv6Nlri, runs } from './support.ts';

const linkLocal = Address.parse('fe80::1').bytes;
const global = Address.parse('2001:db8::1').bytes;

test.each([
  ['IPv4 in the NLRI field', ipv4Unicast, ipv4Nlri, new Uint8Array(0)],
  ['IPv4 with an IPv6 next hop', ipv4Unicast, ipv4Nlri, global],
  ['IPv6', ipv6Unicast, ipv6Nlri, Uint8Array.of(...global, ...linkLocal)],
] as const)(
  '%s: every prefix is in exactly one message with its attributes, none exceeds the negotiated size, and no slab that is kept changes',
  (_, family, nlri, nextHop) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(nlri, fc.option(fc.nat(900), { nil: undefined })), { maxLength: 60 }),
        fc.constantFrom(4096, 65535),
        fc.constantFrom(1, 5000, 1 << 17),
        fc.constantFrom(1, 2, 1000),
        (routes, maxMessage, slabOctets, keptOf) => {
          const octets = family === ipv4Unicast ? 4 : 16;
          const table = new PrefixTable(octets);
          const store = new AttributeStore();
          const packer = new Packer(table, store, family, maxMessage, slabOctets);
          const sets = new Uint32Array(routes.length);
          const expected = new Map<number, number | undefined>();
          for (const [bytes, count] of routes) {
            const id = table.acquire(bytes, 0);
            expected.set(id, count);
            // As many communities as the route's number: sets of very different lengths.
            const attributes = {
              origin: 'igp' as const,
              asPath: [],
              localPref: 100,
              ...(nextHop.length === 0 && { nextHop: Address.parse('192.0.2.1') }),
              communities: Array.from({ length: count ?? 0 }, (_, i) => i),
            };
            const set = attributeSet(nextHop, encodeAttributes(attributes, { fourOctetAs: true }));
            expect(Packer.fits(set, octets, maxMessage)).toBe(true);
            sets[id] = count === undefined ? 0 : store.acquire(set);
          }
          const ids = Uint32Array.from(expected.keys());
          const context = {
            ...initialContext,
            fourOctetAs: true,
            external: false,
            extendedNextHop: new Set([ipv4Unicast]),
          };
          const seen: string[] = [];
          const kept: { readonly bytes: Uint8Array; readonly asPacked: Uint8Array }[] = [];
          let slabs = 0;
          for (let at = 0; at < ids.length; ) {
            const slab = packer.pack(ids, at, ids.length, sets);
            expect(slab.end).toBeGreaterThan(at);
            if (++slabs % keptOf === 0) {
              packer.keep(slab);
              kept.push({ bytes: slab.bytes, asPacked: slab.bytes.slice() });
            }
            at = slab.end;
            let messages = 0;
            for (let start = 0; start < slab.bytes.length; messages++) {
              const length = ((slab.bytes[start + 16] as number) << 8) | (slab.bytes[start + 17] as number);
              expect(length).toBeLessThanOrEqual(maxMessage);
              const update = decodeUpdate(slab.bytes.subarray(start + 19, start + length), context);
              expect(update.faults).toEqual([]);
              const count = update.attributes.communities?.length ?? 0;
              for (const part of [update.nlri, update.reach?.nlri])
                if (part) for (const { prefix } of prefixesOf(part)) seen.push(`${prefix} ${count}`);
              for (const part of [update.withdrawn, update.unreach])
                if (part) for (const { prefix } of prefixesOf(part)) seen.push(`${prefix} withdrawn`);
              start += length;
            }
            expect(messages).toBe(slab.updates);
          }
          expect(kept.every(({ bytes, asPacked }) => Buffer.compare(bytes, asPacked) === 0)).toBe(true);
          const wanted = [...expected].map(([id, count]) => {
            const bytes = new Uint8Array(17);
            const end = table.writeNlri(id, bytes, 0);
            const [only] = prefixesOf({ family, addPath: false, bytes: bytes.subarray(0, end) });
            return `${only?.prefix} ${count ?? 'withdrawn'}`;
          });
          expect(seen.toSorted()).toEqual(wanted.toSorted());
        },
      ),
      { numRuns: runs / 20 },
    );
  },
);
