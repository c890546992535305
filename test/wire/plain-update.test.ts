import { describe, expect, test } from 'vitest';
import { encodeAttributes } from '../../src/wire/attribute.ts';
import { attributeSet } from '../../src/wire/attribute-set.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { BgpError } from '../../src/wire/error.ts';
import { ipv4Unicast } from '../../src/wire/family.ts';
import { headerLength, messageType, writeHeader } from '../../src/wire/header.ts';
import { encodeNextHop } from '../../src/wire/next-hop.ts';
import { isLoopedSet, readPlainUpdate } from '../../src/wire/plain-update.ts';
import type { Update } from '../../src/wire/update.ts';
import { decodeUpdate, encodeUpdate } from '../../src/wire/update-codec.ts';
import { type Draw, drawContext, drawn, drawUpdate, law } from './arbitraries.ts';
import { body, concat, expectSame, hex } from './build.ts';
import { anyBytes, apart, damaged, damagedUpdates, type Received } from './damage.ts';

const external: Context = { ...initialContext, fourOctetAs: true };
const internal: Context = { ...external, external: false };
const extended: Context = { ...external, extendedNextHop: new Set([ipv4Unicast]) };

function message(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(headerLength + bytes.length);
  writeHeader(whole, 0, messageType.update, whole.length);
  whole.set(bytes, headerLength);
  return whole;
}

/** What is read is what the plain decoder reads, and its octets are those that the plain encoder writes. */
function expectAsDecoded({ context, bytes }: Received): void {
  const plain = readPlainUpdate(message(bytes), context);
  if (plain === undefined) return;
  const update = decodeUpdate(bytes, context);
  expectSame(valueOf(plain), valueOf(update));
  const nextHop = update.reach === undefined ? new Uint8Array(0) : encodeNextHop(update.reach.nextHop);
  expectSame(plain.encoded, attributeSet(nextHop, encodeAttributes(update.attributes, { fourOctetAs: true })));
}

function valueOf({ withdrawn, unreach, nlri, reach, attributes, faults }: Update) {
  const apartFrom = reach && { nextHop: reach.nextHop, nlri: reach.nlri };
  return { withdrawn, unreach, nlri, reach: apartFrom, attributes, faults };
}

/** One way of announcing in four octets, as others may write it: in any order, with lengths in two octets. */
function drawForeign(draw: Draw): Received {
  const context = { ...drawContext(draw), fourOctetAs: true };
  const parts = [draw.pick(['nlri', 'reach'] as const)];
  if (draw.oneIn(3)) return { context, bytes: damaged(draw, context, parts) };
  const { attributes, nlri, withdrawn } = apart(encodeUpdate(drawUpdate(draw, context, parts), context));
  const stretched = attributes.map((attribute) =>
    ((attribute[0] as number) & 0x10) === 0 && draw.oneIn(4)
      ? concat(Uint8Array.of((attribute[0] as number) | 0x10, attribute[1] as number, 0), attribute.subarray(2))
      : attribute,
  );
  if (draw.oneIn(2)) stretched.push(...stretched.splice(0, draw.upTo(stretched.length)));
  return { context, bytes: body(stretched, nlri, withdrawn) };
}

describe('laws', () => {
  law(
    'an announcement in any form is read as the plain decoder reads it, or left to it',
    drawn(drawForeign),
    (given) => {
      if (!(decodedOr(given) instanceof BgpError)) expectAsDecoded(given);
      else expect(readPlainUpdate(message(given.bytes), given.context)).toBeUndefined();
    },
  );

  law('damaged messages are read as the plain decoder reads them, or left to it', damagedUpdates, (given) => {
    if (!(decodedOr(given) instanceof BgpError)) expectAsDecoded(given);
    else expect(readPlainUpdate(message(given.bytes), given.context)).toBeUndefined();
  });

  law('any bytes are read as the plain decoder reads them, or left to it', anyBytes, (given) => {
    if (!(decodedOr(given) instanceof BgpError)) expectAsDecoded(given);
    else expect(readPlainUpdate(message(given.bytes), given.context)).toBeUndefined();
  });

  law('what came from us is known by its path or its originator', drawn(drawForeign), ({ context, bytes }) => {
    const encoded = readPlainUpdate(message(bytes), context)?.encoded;
    if (encoded === undefined) return;
    const { asPath = [], originatorId = 0 } = decodeUpdate(bytes, context).attributes;
    const asns = asPath.flatMap((segment) => segment.asns);
    expect(isLoopedSet(encoded, 0, originatorId)).toBe(originatorId !== 0);
    for (const asn of asns) expect(isLoopedSet(encoded, asn, 0)).toBe(true);
    const foreign = asns.includes(64999) || originatorId === 64998;
    expect(isLoopedSet(encoded, 64999, 64998)).toBe(foreign);
  });
});

function decodedOr({ context, bytes }: Received): Update | BgpError {
  try {
    return decodeUpdate(bytes, context);
  } catch (error) {
    if (error instanceof BgpError) return error;
    throw error;
  }
}

const reach = '80 0e 1e 0002 01 10 20010db8000000000000000000000001 00  40 20010db8000a0001';

/** As the routers that we meet write it. */
test.each([
  ['MP_REACH_NLRI first, an AS_PATH with a length in two octets', `${reach} 40010100 50020006 02010000fde9`, external],
  ['MP_REACH_NLRI among the others', `40010100 40020602010000fde9 ${reach} c01008 0002fde900000064`, external],
  ['MP_REACH_NLRI last', `40010102 40020602010000fde9 80040400000064 c00804fde90001 ${reach}`, external],
  ['two large communities', `40010100 400200 c02018 ${'00000001'.repeat(5)}00000002 ${reach}`, external],
  ['a reflected route', `40010100 400200 40050400000064 8009040a000001 800a040a000002 ${reach}`, internal],
  [
    'IPv4 behind an IPv6 next hop',
    '80 0e 1d 0001 01 10 20010db8000000000000000000000001 00 18 c63364 18 c63365 40010100 40020602010000fde9',
    extended,
  ],
] as const)('%s is read', (_, text, context) => {
  const bytes = body([hex(text)]);
  expect(readPlainUpdate(message(bytes), context)).toBeDefined();
  expectAsDecoded({ context, bytes });
});

test('IPv4 in the NLRI field is read', () => {
  const bytes = body([hex('40010100 40020602010000fde9 400304c0000201')], hex('18c63364'));
  expect(readPlainUpdate(message(bytes), external)?.encoded?.[0]).toBe(0);
  expectAsDecoded({ context: external, bytes });
});
