import { fc, test as law } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Timing } from '../../../src/link/bfd/fsm.ts';
import { runs } from '../../runs.ts';
import { seeded } from '../../simulation/random.ts';
import { type End, Pair } from './pair.ts';

const numRuns = Math.max(1, Math.ceil(runs / 20));
const interval = fc.integer({ min: 10_000, max: 2_000_000 });
const timings: fc.Arbitrary<Timing> = fc.record({
  desiredMinTx: interval,
  requiredMinRx: interval,
  detectMultiplier: fc.integer({ min: 2, max: 10 }),
});
const seeds = fc.integer();
/** Milliseconds: well within what any of these intervals allows. */
const delays = fc.integer({ min: 0, max: 5 });

/** Milliseconds in which `to` must notice that nothing more comes from `from`. */
function detection(from: Timing, to: Timing): number {
  return (from.detectMultiplier * Math.max(from.desiredMinTx, to.requiredMinRx)) / 1000;
}

function up(seed: number, delay: number, a: Timing, b: Timing): Pair {
  const pair = new Pair(seed, delay);
  pair.a.open(a);
  pair.b.open(b);
  expect(pair.clock.until(() => pair.areUp, 10_000)).toBe(true);
  // The intervals of a session that is up are agreed on with its first packets.
  pair.clock.advance(10_000);
  return pair;
}

describe('two systems on a link', () => {
  law.prop([seeds, delays, timings, timings, fc.integer({ min: 0, max: 5000 })], { numRuns })(
    'always come up, whoever begins, and stay so',
    (seed, delay, a, b, later) => {
      const pair = new Pair(seed, delay);
      pair.a.open(a);
      pair.clock.advance(later);
      pair.b.open(b);
      expect(pair.clock.until(() => pair.areUp, 10_000)).toBe(true);
      expect(pair.clock.until(() => !pair.areUp, 60_000)).toBe(false);
    },
  );

  law.prop([seeds, delays, timings, timings], { numRuns })(
    'notice silence within the detection time, and not before so many packets were lost',
    (seed, delay, a, b) => {
      const pair = up(seed, delay, a, b);
      pair.b.isMute = true;
      const cut = pair.clock.now();
      const lastHeard = (pair.b.sentAt.findLast((at) => at <= cut) ?? 0) + delay;
      expect(pair.clock.until(() => pair.a.state !== 'up', detection(b, a) + delay)).toBe(true);
      expect(pair.clock.now() - lastHeard).toBeCloseTo(detection(b, a), 3);
      expect(pair.a.status.diagnostic).toBe(1);
    },
  );

  law.prop([seeds, delays, timings, timings], { numRuns })(
    'are never up one-sided for longer than the other needs to hear of it, and come up again',
    (seed, delay, a, b) => {
      const pair = up(seed, delay, a, b);
      pair.b.isMute = true;
      pair.clock.until(() => pair.a.state !== 'up', detection(b, a) + delay);
      // A still reaches B, and says that it is down.
      expect(pair.clock.until(() => pair.b.state !== 'up', delay + 1)).toBe(true);
      pair.b.isMute = false;
      expect(pair.clock.until(() => pair.areUp, 10_000)).toBe(true);
    },
  );

  law.prop([seeds, delays, timings, timings, seeds], { numRuns })(
    'survive losses that are fewer in a row than the multiplier',
    (seed, delay, a, b, lossSeed) => {
      const random = seeded(lossSeed);
      const rows = new Map<End, number>();
      let isLossy = false;
      const pair = new Pair(seed, delay, (end) => {
        const row = rows.get(end) ?? 0;
        const multiplier = end === pair.a ? a.detectMultiplier : b.detectMultiplier;
        const isLost = isLossy && row < multiplier - 1 && random() < 0.7;
        rows.set(end, isLost ? row + 1 : 0);
        return isLost;
      });
      pair.a.open(a);
      pair.b.open(b);
      pair.clock.until(() => pair.areUp, 10_000);
      pair.clock.advance(10_000);
      isLossy = true;
      expect(pair.clock.until(() => !pair.areUp, 60_000)).toBe(false);
    },
  );

  law.prop([seeds, delays, timings, timings], { numRuns })(
    'send no faster than the other can take, and no slower than the detection time allows',
    (seed, delay, a, b) => {
      const pair = up(seed, delay, a, b);
      const begin = pair.a.sentAt.length;
      pair.clock.advance(20_000);
      const agreed = Math.max(a.desiredMinTx, b.requiredMinRx) / 1000;
      const gaps = pair.a.sentAt
        .slice(begin)
        .map((at, i, all) => at - (all[i - 1] ?? at))
        .slice(1);
      for (const gap of gaps) {
        expect(gap).toBeGreaterThanOrEqual(agreed * 0.75 - 0.001);
        expect(gap).toBeLessThanOrEqual(agreed + 0.001);
      }
    },
  );

  law.prop([seeds, fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 40 })], { numRuns })(
    'are not troubled by garbage from the other’s address',
    (seed, garbage) => {
      const timing = { desiredMinTx: 300_000, requiredMinRx: 300_000, detectMultiplier: 3 };
      const pair = up(seed, 1, timing, timing);
      const [, b] = pair.addresses;
      const before = pair.a.counters[2] ?? 0;
      for (const bytes of garbage)
        pair.a.receive?.(
          b,
          bytes.map((octet, i) => (i === 0 ? octet & 0x1f : octet)),
        );
      expect(pair.a.counters[2]).toBe(before + garbage.length);
      expect(pair.clock.until(() => !pair.areUp, 5000)).toBe(false);
    },
  );
});
