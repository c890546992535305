import { expect, test } from 'vitest';
import { decodeMessage } from '../../src/wire/codec.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { BgpError } from '../../src/wire/error.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';

/** Octets that are looked at, or copied, while `run` decodes. */
function reads(bytes: Uint8Array, run: (watched: Uint8Array) => void): number {
  let count = 0;
  const watch = (of: Uint8Array): Uint8Array =>
    new Proxy(of, {
      get(target, property) {
        if (typeof property === 'string' && /^\d+$/.test(property)) {
          count++;
          return target[Number(property)];
        }
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, args);
          if (property === 'slice' && result instanceof Uint8Array) count += result.length;
          return result instanceof Uint8Array ? watch(result) : result;
        };
      },
    });
  run(watch(bytes));
  return count;
}

function update(attributes: readonly number[], nlri: readonly number[] = []): Uint8Array {
  const length = 23 + attributes.length + nlri.length;
  const body = [0, 0, attributes.length >> 8, attributes.length & 255, ...attributes, ...nlri];
  return Uint8Array.from([...Array<number>(16).fill(255), length >> 8, length & 255, 2, ...body]);
}

const repeat = (times: number, item: (i: number) => readonly number[]) =>
  Array.from({ length: times }, (_, i) => item(i)).flat();
const extended = (flags: number, code: number, value: readonly number[]) => [
  flags | 0x10,
  code,
  value.length >> 8,
  value.length & 255,
  ...value,
];
const mandatory = [0x40, 1, 1, 0, 0x40, 2, 0];

/** Messages that a peer might make to cost us most; `n` is about their length. */
const costly: [string, (n: number) => Uint8Array][] = [
  ['the same attribute again and again', (n) => update(repeat(n / 4, () => [0x40, 1, 1, 0]))],
  ['unknown attributes, all different', (n) => update(repeat(n / 4, (i) => [0xc0, 40 + (i % 200), 1, i & 255]))],
  ['unknown attributes without a value', (n) => update(repeat(n / 3, (i) => [0xc0, 40 + (i % 200), 0]))],
  [
    'large communities, all different',
    (n) =>
      update([
        ...mandatory,
        ...extended(
          0xc0,
          32,
          repeat(n / 12, (i) => [0, 0, 0, 0, 0, 0, i >> 8, i & 255, 0, 0, 0, 0]),
        ),
      ]),
  ],
  [
    'large communities, all the same',
    (n) =>
      update([
        ...mandatory,
        ...extended(
          0xc0,
          32,
          repeat(n / 12, () => Array<number>(12).fill(7)),
        ),
      ]),
  ],
  [
    'communities',
    (n) =>
      update([
        ...mandatory,
        ...extended(
          0xc0,
          8,
          repeat(n / 4, (i) => [0, 0, i >> 8, i & 255]),
        ),
      ]),
  ],
  [
    'AS path segments of one',
    (n) =>
      update(
        extended(
          0x40,
          2,
          repeat(n / 6, (i) => [2, 1, 0, 0, 0, (i & 127) + 1]),
        ),
      ),
  ],
  [
    'an AS path with an AS4_PATH',
    (n) =>
      update([
        ...extended(
          0x40,
          2,
          repeat(n / 12, () => [2, 1, 0, 0, 0, 1]),
        ),
        ...extended(
          0xc0,
          17,
          repeat(n / 12, () => [2, 1, 0, 0, 0, 1]),
        ),
      ]),
  ],
  ['default routes', (n) => update([...mandatory, 0x40, 3, 4, 192, 0, 2, 1], Array<number>(n).fill(0))],
  [
    'MP_REACH_NLRI of default routes',
    (n) =>
      update([
        ...mandatory,
        ...extended(0x80, 14, [0, 2, 1, 16, ...Array<number>(16).fill(32), 0, ...Array<number>(n).fill(0)]),
      ]),
  ],
  [
    'a cluster list',
    (n) =>
      update([
        ...mandatory,
        ...extended(
          0x80,
          10,
          repeat(n / 4, (i) => [0, 0, i >> 8, i & 255]),
        ),
      ]),
  ],
];

const contexts: [string, Context][] = [
  ['external', { ...initialContext, fourOctetAs: true, extendedMessage: true }],
  [
    'internal',
    { ...initialContext, fourOctetAs: true, extendedMessage: true, external: false, addPath: new Set([ipv6Unicast]) },
  ],
  ['two octets', { ...initialContext, extendedMessage: true }],
];

test.each(contexts.flatMap(([kind, context]) => costly.map(([name, build]) => [name, kind, build, context] as const)))(
  'decoding %s (%s) looks at each octet a few times, however long the message',
  (_, __, build, context) => {
    for (const n of [600, 6000, 60_000]) {
      const bytes = build(n);
      const count = reads(bytes, (watched) => {
        try {
          decodeMessage(watched, context);
        } catch (error) {
          expect(error).toBeInstanceOf(BgpError);
        }
      });
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(8 * bytes.length + 200);
    }
  },
);
