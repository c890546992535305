import { describe, expect, test } from 'vitest';
import { toNlri } from '../../src/api/nlri.ts';
import { advertisePaths, withdrawPaths } from '../../src/api/packed-requests.ts';
import { AdvertisePathsRequest, WithdrawPathsRequest } from '../../src/gen/herald/v1/router_service.ts';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { runs } from '../runs.ts';
import { type Draw, drawn, law } from '../wire/arbitraries.ts';

/** What a request means, or why it is refused. */
function outcome(
  work: () => { readonly instance: string; readonly nlri: ReturnType<typeof toNlri>; readonly rest: unknown },
) {
  try {
    return work();
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}

function drawPrefix(draw: Draw): string {
  if (draw.oneIn(30))
    return draw.pick(['', '::', '::/129', '10.0.0.1/8', 'a/8', '1:/8', 'x'.repeat(200), '::/0\u0100', '::1/64']);
  const size = draw.pick([4, 16]);
  return Prefix.around(new Address(draw.bytes(size)), draw.upTo(8 * size)).toString();
}

const drawRequest = (draw: Draw) => ({
  instance: draw.pick(['', 'node']),
  prefixes: draw.list(0, 8, () => drawPrefix(draw)),
  family: draw.oneIn(2) ? { afi: 'ipv6', safi: 'unicast' } : undefined,
  nlri: Buffer.concat(draw.list(0, draw.pick([1, 40]), () => Buffer.of(64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1))),
  addPath: draw.oneIn(4),
  nextHop: draw.pick(['', '2001:db8::1']),
  attributes: draw.oneIn(2) ? { communities: ['65001:1'.repeat(draw.upTo(60))] } : undefined,
  /** Octets behind it: fields that nobody knows, a field that does not end, and prefixes without others between them. */
  more: Buffer.from(
    draw.oneIn(3)
      ? draw.pick([
          '7801',
          'f80101',
          '7d00000000',
          '00',
          '12',
          '227f',
          '12043a3a2f30',
          '3200',
          '320140',
          '2200',
          '220140',
        ])
      : '',
    'hex',
  ),
  /** How much of its end is missing. */
  cut: draw.oneIn(10) ? draw.upTo(12) : 0,
});
const requests = drawn(drawRequest);

type Drawn = Omit<ReturnType<typeof drawRequest>, 'more' | 'cut'>;

describe.each([
  [
    'advertised',
    (request: Drawn) => AdvertisePathsRequest.encode(AdvertisePathsRequest.fromPartial(request)).finish(),
    (bytes: Buffer) => AdvertisePathsRequest.decode(bytes),
    advertisePaths.requestDeserialize,
  ],
  [
    'withdrawn',
    (request: Drawn) => WithdrawPathsRequest.encode(WithdrawPathsRequest.fromPartial(request)).finish(),
    (bytes: Buffer) => WithdrawPathsRequest.decode(bytes),
    withdrawPaths.requestDeserialize,
  ],
] as const)('prefixes to be %s', (_, encode, plain, decode) => {
  law(
    'are those that the generated code reads as strings, and are refused where they are, for the same reason',
    requests,
    ({ more, cut, ...request }) => {
      const encoded = Buffer.concat([encode(request), more]);
      const message = encoded.subarray(0, Math.max(0, encoded.length - cut));
      const meaning = (read: (bytes: Buffer) => WithdrawPathsRequest) =>
        outcome(() => {
          const { prefixes, ...batch } = read(message);
          const nlri = toNlri({ prefixes, ...batch });
          return { instance: batch.instance, nlri, rest: { ...batch, packed: undefined } };
        });
      expect(meaning(decode)).toEqual(meaning(plain));
    },
    Math.ceil(runs / 2),
  );
});

test('prefixes as text are packed while the message is decoded', () => {
  const prefixes = ['10.0.0.0/8', '2001:db8::/32', '::ffff:192.0.2.0/120', '0.0.0.0/0', '::/0'];
  const request = WithdrawPathsRequest.fromPartial({ instance: 'node', prefixes });
  const decoded = withdrawPaths.requestDeserialize(Buffer.from(WithdrawPathsRequest.encode(request).finish()));
  expect(decoded).toMatchObject({ instance: 'node', prefixes: [] });
  expect(toNlri(decoded)).toEqual(toNlri(request));
});

test('packed NLRI is not copied out of the message', () => {
  const nlri = Buffer.of(64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1);
  const request = WithdrawPathsRequest.fromPartial({ family: { afi: 'ipv6', safi: 'unicast' }, nlri });
  const message = Buffer.from(WithdrawPathsRequest.encode(request).finish());
  const decoded = withdrawPaths.requestDeserialize(message);
  expect(decoded.nlri).toEqual(nlri);
  expect(decoded.nlri.buffer).toBe(message.buffer);
  expect(toNlri(decoded)).toEqual(toNlri(request));
});
