import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import { runs as all } from '../runs.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf, withdraw } from './support.ts';

const runs = Math.max(1, Math.floor(all / 200));

type Host = 1 | 2;
type Step =
  | { readonly do: 'advertise' | 'withdraw'; readonly host: Host; readonly prefix: number }
  /** The process is killed, and another starts on the same host after a while. */
  | { readonly do: 'kill'; readonly host: Host; readonly seconds: number }
  /** The same in good order. */
  | { readonly do: 'stop'; readonly host: Host; readonly seconds: number }
  | { readonly do: 'break' }
  | { readonly do: 'wait'; readonly milliseconds: number };

const host = fc.constantFrom<Host>(1, 2);
const seconds = fc.integer({ min: 0, max: 20 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('advertise', 'withdraw'), host, prefix: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('kill', 'stop'), host, seconds }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('break') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), milliseconds: fc.nat(20_000) }) },
  ),
  { maxLength: 12 },
);

const otherOf = (side: Host) => (3 - side) as Host;
/** Announced from the beginning to the end. */
const lasting = (side: Host) => [0, 1, 2].map((i) => `2001:db8:${side}:ff0${i}::/64`);
const passing = (side: Host, prefix: number) => `2001:db8:${side}:${prefix}::/64`;

/** Two hosts with a process each, which may come and go; what a process announces, the next one on its host does too. */
class Pair {
  readonly lab: Lab;
  readonly speakers = new Map<Host, Speaker>();
  /** Lasting prefixes that a living process lost after it had them. */
  readonly lost: string[] = [];
  readonly #announced: Record<Host, Set<string>> = { 1: new Set(lasting(1)), 2: new Set(lasting(2)) };
  readonly #options: Partial<Neighbor>;

  constructor(seed: number, options: Partial<Neighbor>) {
    this.lab = new Lab(seed, { delay: [1, 50] });
    this.#options = options;
  }

  async start(side: Host, restarted: boolean): Promise<void> {
    const speaker = await this.lab.speaker(side, {}, { restarted, peersWait: true });
    this.speakers.set(side, speaker);
    speaker.watchRoutes({ table: 'adj-rib-in' }, (events) => {
      for (const { type, route } of events) {
        const prefix = route.prefix.toString();
        const isLasting = lasting(otherOf(side)).includes(prefix);
        if (type === 'withdrawn' && isLasting && this.speakers.get(side) === speaker) this.lost.push(prefix);
      }
    });
    speaker.addNeighbor(neighbor(otherOf(side), this.#options));
    advertise(speaker, [...this.#announced[side]]);
    speaker.startPeers();
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        this.lab.clock.advance(step.milliseconds);
        return;
      case 'break':
        this.lab.network.reset(addressOf(1), addressOf(2));
        return;
      case 'advertise':
      case 'withdraw': {
        const prefix = passing(step.host, step.prefix);
        this.#announced[step.host][step.do === 'advertise' ? 'add' : 'delete'](prefix);
        (step.do === 'advertise' ? advertise : withdraw)(this.at(step.host), [prefix]);
        return;
      }
      case 'stop':
      case 'kill': {
        const speaker = this.at(step.host);
        this.speakers.delete(step.host);
        if (step.do === 'stop') await speaker.stop({ fullDestroy: false });
        else this.lab.network.kill(addressOf(step.host));
        this.lab.clock.advance(step.seconds * 1000);
        await this.start(step.host, true);
      }
    }
  }

  at(side: Host): Speaker {
    return this.speakers.get(side) as Speaker;
  }

  received(side: Host): number {
    return this.at(side).peer(addressOf(otherOf(side)))?.families[0]?.received ?? 0;
  }
}

const gracefulRestart = { restartTime: 300, stalePathTime: 600 };

test('with graceful restart a restart of either side, killed or stopped, ends in equal tables, and nobody loses meanwhile what both had', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (plan, seed) => {
      const pair = new Pair(seed, { gracefulRestart });
      await pair.start(1, false);
      await pair.start(2, false);
      const settled = () => ([1, 2] as const).every((side) => stateOf(pair.at(side), otherOf(side)) === 'established');
      expect(pair.lab.until(settled)).toBe(true);
      pair.lab.clock.advance(1000);
      for (const step of plan) await pair.play(step);
      pair.lab.clock.advance(60_000);
      expect(settled()).toBe(true);
      for (const from of [1, 2] as const) {
        const to = otherOf(from);
        const sent = tableOf(pair.at(from), { table: 'adj-rib-out', neighbor: addressOf(to) });
        expect(tableOf(pair.at(to), { table: 'adj-rib-in', neighbor: addressOf(from) })).toEqual(sent);
        expect(Object.keys(sent)).toEqual(expect.arrayContaining(lasting(from)));
        expect(pair.at(to).peer(addressOf(from))?.families[0]?.stale).toBe(0);
      }
      expect(pair.lost).toEqual([]);
    }),
    { numRuns: runs },
  );
});

test('without graceful restart nobody has a route of a session that is gone', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (plan, seed) => {
      const pair = new Pair(seed, {});
      await pair.start(1, false);
      await pair.start(2, false);
      for (const step of plan) {
        await pair.play(step);
        const down = ([1, 2] as const).filter((side) => stateOf(pair.at(side), otherOf(side)) !== 'established');
        expect(down.map((side) => pair.received(side))).toEqual(down.map(() => 0));
      }
    }),
    { numRuns: runs },
  );
});

test('stale routes stay for the restart time of the peer or the upper bound, whichever is over first, and no longer', async () => {
  const time = fc.integer({ min: 1, max: 300 });
  await fc.assert(
    fc.asyncProperty(time, time, fc.integer(), async (restartTime, stalePathTime, seed) => {
      const pair = new Pair(seed, { gracefulRestart: { restartTime, stalePathTime } });
      await pair.start(1, false);
      await pair.start(2, false);
      expect(pair.lab.until(() => pair.received(1) === 3)).toBe(true);
      pair.lab.network.kill(addressOf(2));
      expect(pair.lab.until(() => stateOf(pair.at(1), 2) !== 'established')).toBe(true);
      pair.lab.clock.advance(Math.min(restartTime, stalePathTime) * 1000 - 1);
      expect(pair.received(1)).toBe(3);
      pair.lab.clock.advance(1);
      expect(pair.received(1)).toBe(0);
    }),
    { numRuns: runs },
  );
});
