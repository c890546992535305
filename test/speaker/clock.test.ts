import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/session/ports.ts';
import { systemClock } from '../../src/transport/world.ts';
import { runs } from '../runs.ts';
import { StoppableProcess } from '../simulation/standstill.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf } from './support.ts';

const timers = { connectRetry: 10, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 };

/** Host 1, which can be stopped and whose time of day can be set, beside host 2. */
async function setUp(seed = 1, keepaliveInterval = 30) {
  const lab = new Lab(seed);
  const stopped = new StoppableProcess(lab.network, addressOf(1), [addressOf(2)]);
  let offset = 0;
  const clock: Clock = { ...stopped.clock, date: () => new Date(lab.clock.date().getTime() + offset) };
  const a = await lab.speaker(1, {}, {}, { clock });
  const b = await lab.speaker(2);
  advertise(a, ['2001:db8:a::/64']);
  advertise(b, ['2001:db8:b::/64']);
  a.addNeighbor(neighbor(2, { timers: { ...timers, keepaliveInterval } }));
  b.addNeighbor(neighbor(1, { timers }));
  expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
  const ends = () => [a.peer(addressOf(2))?.counters.established, b.peer(addressOf(1))?.counters.established];
  const setDate = (milliseconds: number) => {
    offset += milliseconds;
  };
  return { lab, a, b, stopped, ends, setDate };
}

const received = { table: 'adj-rib-in', neighbor: addressOf(1) } as const;

describe('a process that stands still', () => {
  test('for less than the hold time loses no session, whenever it begins, though its own HoldTimer expired meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 0, max: 88_000 }),
        async (seed, phase, milliseconds) => {
          // A keepalive each second: the peer hears the last one just before.
          const { lab, stopped, ends } = await setUp(seed, 1);
          lab.clock.advance(phase);
          stopped.stop();
          lab.clock.advance(milliseconds);
          stopped.goOn();
          lab.clock.advance(200_000);
          expect(ends()).toEqual([1, 1]);
        },
      ),
      { numRuns: runs / 50 },
    );
  });

  test('for longer is gone for its peer, and comes back with everything', async () => {
    const { lab, a, b, stopped } = await setUp();
    stopped.stop();
    lab.clock.advance(100_000);
    expect(stateOf(b, 1)).not.toBe('established');
    expect(tableOf(b, received)).toEqual({});
    stopped.goOn();
    expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
    lab.clock.advance(1000);
    expect(Object.keys(tableOf(b, received))).toEqual(['2001:db8:a::/64']);
  });

  test('whose peer died meanwhile still finds out by the hold time', async () => {
    const { lab, a, stopped } = await setUp();
    stopped.stop();
    lab.clock.advance(100_000);
    stopped.goOn();
    lab.network.cut(addressOf(1), addressOf(2));
    lab.clock.advance(95_000);
    expect(stateOf(a, 2)).not.toBe('established');
  });
});

describe('a clock that is set', () => {
  const year = 365 * 86_400_000;
  test.each([
    ['forward by a year', year],
    ['back by a year', -year],
    ['forward by the hold time', 90_000],
    ['back by a second', -1000],
  ])('%s changes no session, no drain and no uptime', async (_, jump) => {
    const { lab, a, b, ends, setDate } = await setUp();
    lab.clock.advance(10_000);
    const before = a.peer(addressOf(2))?.uptime ?? 0;
    a.drain({ wait: 60 });
    setDate(jump);
    lab.clock.advance(59_000);
    expect(a.drainState?.phase).toBe('draining');
    expect(Object.keys(tableOf(b, received))).toEqual(['2001:db8:a::/64']);
    lab.clock.advance(2000);
    expect(a.drainState?.phase).toBe('drained');
    lab.clock.advance(600_000);
    expect(ends()).toEqual([1, 1]);
    expect(a.peer(addressOf(2))?.uptime).toBeCloseTo(before + 661_000, 0);
  });

  test('is none that timers go by', async () => {
    const { Date: real } = globalThis;
    const before = systemClock.now();
    try {
      // As the kernel would tell it a year later.
      globalThis.Date = class extends real {
        static override now = () => real.now() + year;
      } as DateConstructor;
      await new Promise<void>((resolve) => systemClock.timer(1, resolve));
      expect(systemClock.now() - before).toBeLessThan(year / 2);
    } finally {
      globalThis.Date = real;
    }
  });
});
