import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Framer } from '../../src/transport/framing.ts';
import { BgpError } from '../../src/wire/error.ts';
import { runs as numRuns } from '../runs.ts';

function message(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(19 + body.length).fill(255, 0, 16);
  bytes.set([bytes.length >> 8, bytes.length & 0xff, type], 16);
  bytes.set(body, 19);
  return bytes;
}

const keepalive = message(4, new Uint8Array(0));

const messages = fc.array(
  fc.oneof(
    fc.constant(keepalive),
    fc.uint8Array({ minLength: 4, maxLength: 300 }).map((body) => message(2, body)),
    // The longest there is; drawing each octet would take longer than all the rest.
    fc.nat(255).map((octet) => message(2, new Uint8Array(4077).fill(octet))),
  ),
  { minLength: 1, maxLength: 6 },
);

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Cuts at these fractions. */
function split(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * stream.length)).toSorted((a, b) => a - b), stream.length];
  return places.slice(1).map((end, i) => stream.slice(places[i], end));
}

function frame(chunks: readonly Uint8Array[], framer = new Framer()): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const chunk of chunks) framer.push(chunk, (bytes) => out.push(bytes));
  return out;
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

test('the same messages come out, however the stream is split', () => {
  fc.assert(
    fc.property(messages, fc.array(fraction, { maxLength: 20 }), (sent, cuts) => {
      const framed = frame(split(join(sent), cuts));
      expect(framed.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
      expect(Buffer.compare(join(framed), join(sent))).toBe(0);
    }),
    { numRuns },
  );
});

test('the same messages come out, octet by octet', () => {
  const sent = [keepalive, message(2, new Uint8Array(4)), message(2, new Uint8Array(300).fill(7)), keepalive];
  expect(frame([...join(sent)].map((octet) => Uint8Array.of(octet)))).toEqual(sent);
});

test('what is whole is a view of the chunk; what was split is a copy that later messages leave alone', () => {
  const stream = join([message(2, Uint8Array.of(1, 2, 3, 4)), message(2, Uint8Array.of(5, 6, 7, 8))]);
  const [first, second] = frame([stream]);
  expect(first?.buffer).toBe(stream.buffer);
  expect(second?.buffer).toBe(stream.buffer);
  const pieces = frame([
    keepalive.subarray(0, 5),
    keepalive.subarray(5),
    keepalive.subarray(0, 18),
    keepalive.subarray(18),
  ]);
  expect(pieces).toEqual([keepalive, keepalive]);
  expect(pieces[0]?.buffer).not.toBe(pieces[1]?.buffer);
});

describe('a bad header', () => {
  const bad = (change: (bytes: Uint8Array) => void) => {
    const bytes = keepalive.slice();
    change(bytes);
    return bytes;
  };

  test.each<[string, Uint8Array, number]>([
    ['a marker that is not all ones', bad((b) => b.set([0], 3)), 1],
    ['a length below 19', bad((b) => b.set([0, 18], 16)), 2],
    ['a length over the limit', bad((b) => b.set([0x10, 0x01, 2], 16)), 2],
    ['a type nobody knows', bad((b) => b.set([9], 18)), 3],
  ])('%s is told as 1/%#, whole or in pieces, after the messages before it', (_, bytes, subcode) => {
    for (const cuts of [[], [0.3], [0.55, 0.9]]) {
      const out: Uint8Array[] = [];
      const framer = new Framer();
      const push = () => {
        for (const chunk of split(join([keepalive, bytes]), cuts)) framer.push(chunk, (each) => out.push(each));
      };
      expect(push).toThrow(BgpError);
      expect(push).toThrow(expect.objectContaining({ code: 1, subcode }));
      expect(out).toContainEqual(keepalive);
    }
  });
});

test('the length limit is looked at anew for each message', () => {
  const long = message(2, new Uint8Array(5000));
  const framer = new Framer();
  const out: number[] = [];
  framer.push(join([keepalive, long, keepalive]), (bytes) => {
    out.push(bytes.length);
    framer.maxMessageLength = 65535;
  });
  expect(out).toEqual([19, 5019, 19]);
});

test('after a stop nothing comes, not even of the same chunk', () => {
  const framer = new Framer();
  const out: Uint8Array[] = [];
  framer.push(join([keepalive, keepalive]), (bytes) => {
    out.push(bytes);
    framer.stop();
  });
  framer.push(keepalive, (bytes) => out.push(bytes));
  expect(out).toHaveLength(1);
});
