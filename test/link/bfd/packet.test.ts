import { fc, test as law } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { bfdStates, type ControlPacket, decodeControl, encodeControl } from '../../../src/link/bfd/packet.ts';
import { runs } from '../../runs.ts';

const quiet: ControlPacket = {
  state: 'down',
  diagnostic: 0,
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 1,
  yourDiscriminator: 0,
  desiredMinTx: 1_000_000,
  requiredMinRx: 300_000,
  requiredMinEchoRx: 0,
};

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

const cases: readonly (readonly [name: string, bytes: string, packet: ControlPacket])[] = [
  ['the first of a session', '20 40 03 18 00000001 00000000 000f4240 000493e0 00000000', quiet],
  [
    'up, with a poll',
    '20 e0 03 18 deadbeef 00000001 000493e0 000493e0 0000c350',
    {
      ...quiet,
      state: 'up',
      poll: true,
      myDiscriminator: 0xdeadbeef,
      yourDiscriminator: 1,
      desiredMinTx: 300_000,
      requiredMinEchoRx: 50_000,
    },
  ],
  [
    'every other bit',
    '27 1a ff 18 ffffffff ffffffff ffffffff ffffffff ffffffff',
    {
      state: 'admin-down',
      diagnostic: 7,
      poll: false,
      final: true,
      controlPlaneIndependent: true,
      demand: true,
      detectMultiplier: 255,
      myDiscriminator: 0xffffffff,
      yourDiscriminator: 0xffffffff,
      desiredMinTx: 0xffffffff,
      requiredMinRx: 0xffffffff,
      requiredMinEchoRx: 0xffffffff,
    },
  ],
];

describe('a control packet', () => {
  test.each(cases)('%s: decodes', (_, bytes, packet) => {
    expect(decodeControl(bytesOf(bytes))).toEqual({ type: 'packet', packet });
  });

  test.each(cases)('%s: encodes', (_, bytes, packet) => {
    expect(encodeControl(packet)).toEqual(bytesOf(bytes));
  });

  test('what comes behind its length is not looked at', () => {
    const bytes = Uint8Array.from([...encodeControl(quiet), 1, 2, 3]);
    expect(decodeControl(bytes)).toEqual({ type: 'packet', packet: quiet });
  });

  // Each is the first packet above with one thing changed (RFC 5880, 6.8.6).
  test.each([
    ['nothing', '', 'it has 0 octets, and needs 24'],
    ['one octet short', '20 40 03 18 00000001 00000000 000f4240 000493e0 000000', 'it has 23 octets, and needs 24'],
    ['version 0', '00 40 03 18 00000001 00000000 000f4240 000493e0 00000000', 'version 0'],
    ['a length too short', '20 40 03 17 00000001 00000000 000f4240 000493e0 00000000', 'its length says 23'],
    [
      'a length too long',
      '20 40 03 19 00000001 00000000 000f4240 000493e0 00000000',
      'its length says 25, and it has 24 octets',
    ],
    ['a multiplier of 0', '20 40 00 18 00000001 00000000 000f4240 000493e0 00000000', 'a detection multiplier of 0'],
    ['multipoint', '20 41 03 18 00000001 00000000 000f4240 000493e0 00000000', 'the multipoint bit is set'],
    ['no discriminator', '20 40 03 18 00000000 00000000 000f4240 000493e0 00000000', 'a discriminator of 0'],
    [
      'up without ours',
      '20 c0 03 18 00000001 00000000 000f4240 000493e0 00000000',
      'state up without our discriminator',
    ],
    [
      'init without ours',
      '20 80 03 18 00000001 00000000 000f4240 000493e0 00000000',
      'state init without our discriminator',
    ],
    [
      'authentication',
      '20 44 03 18 00000001 00000000 000f4240 000493e0 00000000',
      'it is authenticated, which is not supported',
    ],
  ])('is refused with %s', (_, bytes, reason) => {
    expect(decodeControl(bytesOf(bytes))).toEqual({ type: 'malformed', reason });
  });

  const unsigned = fc.integer({ min: 0, max: 0xffffffff });
  const packets: fc.Arbitrary<ControlPacket> = fc
    .record({
      state: fc.constantFrom(...bfdStates),
      diagnostic: fc.integer({ min: 0, max: 31 }),
      poll: fc.boolean(),
      final: fc.boolean(),
      controlPlaneIndependent: fc.boolean(),
      demand: fc.boolean(),
      detectMultiplier: fc.integer({ min: 1, max: 255 }),
      myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
      yourDiscriminator: unsigned,
      desiredMinTx: unsigned,
      requiredMinRx: unsigned,
      requiredMinEchoRx: unsigned,
    })
    .filter(({ state, yourDiscriminator }) => yourDiscriminator !== 0 || state === 'down' || state === 'admin-down');

  law.prop([packets], { numRuns: runs })('is the same after encoding and decoding', (packet) => {
    expect(decodeControl(encodeControl(packet))).toEqual({ type: 'packet', packet });
  });

  law.prop([fc.uint8Array({ maxLength: 64 })], { numRuns: runs })('any bytes are a value, or a reason', (bytes) => {
    const decoded = decodeControl(bytes);
    if (decoded.type === 'malformed') expect(decoded.reason).not.toBe('');
    else expect([...encodeControl(decoded.packet).subarray(4)]).toEqual([...bytes.subarray(4, 24)]);
  });
});
