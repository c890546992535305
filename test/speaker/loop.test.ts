import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { isLooped } from '../../src/speaker/loop.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { readPlainUpdate } from '../../src/wire/plain-update.ts';
import type { Update } from '../../src/wire/update.ts';

const context = { ...initialContext, fourOctetAs: true, external: true };

const cases: [name: string, asns: number[], expected: boolean][] = [
  ['our AS in the path', [65002, 65001], true],
  ['a path without us', [65002, 65003], false],
];

test.each(cases)(
  '%s: the same of an update as decoded, and of one as octets, whose attributes are left alone',
  (_, asns, expected) => {
    const decoded: Update = {
      type: 'update',
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns }] },
      reach: {
        nextHop: { kind: 'single', address: Address.parse('2001:db8::2') },
        nlri: { family: ipv6Unicast, addPath: false, bytes: Uint8Array.of(32, 0x20, 0x01, 0x0d, 0xb8) },
      },
      faults: [],
    };
    expect(isLooped(decoded, 65001, 1)).toBe(expected);
    const plain = readPlainUpdate(encodeMessage(decoded, context), context);
    expect(plain?.encoded).toBeDefined();
    const sealed: Update = {
      type: 'update',
      faults: [],
      ...(plain?.encoded && { encoded: plain.encoded }),
      get attributes(): never {
        throw new Error('decoded for nothing');
      },
    };
    expect(isLooped(sealed, 65001, 1)).toBe(expected);
  },
);
