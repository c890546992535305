import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import { runs as all } from '../runs.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf, withdraw } from './support.ts';

const runs = all / 200;

type Step =
  | {
      readonly do: 'advertise' | 'withdraw';
      readonly host: 1 | 2;
      readonly prefixes: readonly number[];
      readonly med: number;
    }
  | {
      readonly do: 'reset' | 'soft in' | 'soft out' | 'policy' | 'default';
      readonly host: 1 | 2;
      readonly prefix: number;
    }
  | { readonly do: 'break' | 'cut' | 'heal' }
  | { readonly do: 'wait'; readonly milliseconds: number };

const host = fc.constantFrom<1 | 2>(1, 2);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('advertise', 'withdraw'),
        host,
        prefixes: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 20 }),
        med: fc.integer({ min: 0, max: 2 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('reset', 'soft in', 'soft out', 'policy', 'default'),
        host,
        prefix: fc.integer({ min: 0, max: 40 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('break', 'cut', 'heal') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), milliseconds: fc.integer({ min: 0, max: 20_000 }) }) },
  ),
  { maxLength: 40 },
);

const prefixOf = (i: number) => `2001:db8:a:${i.toString(16)}::/64`;

function play(step: Step, lab: Lab, speakers: readonly [Speaker, Speaker]): void {
  switch (step.do) {
    case 'wait':
      lab.clock.advance(step.milliseconds);
      return;
    case 'break':
      lab.network.reset(addressOf(1), addressOf(2));
      return;
    case 'cut':
      lab.network.cut(addressOf(1), addressOf(2));
      return;
    case 'heal':
      lab.network.heal(addressOf(1), addressOf(2));
      return;
    case 'advertise':
      advertise(speakers[step.host - 1] as Speaker, step.prefixes.map(prefixOf), { med: step.med });
      return;
    case 'withdraw':
      withdraw(speakers[step.host - 1] as Speaker, step.prefixes.map(prefixOf));
      return;
    default: {
      const speaker = speakers[step.host - 1] as Speaker;
      const peer = 3 - step.host;
      if (step.do === 'reset') speaker.resetNeighbor(addressOf(peer), { soft: 'none' });
      else if (step.do === 'soft out') speaker.resetNeighbor(addressOf(peer), { soft: 'out' });
      else if (step.do === 'soft in') speaker.resetNeighbor(addressOf(peer), { soft: 'in' });
      else if (step.do === 'default')
        speaker.updateNeighbor(neighbor(peer, { defaultExportAction: step.prefix % 2 === 0 ? 'accept' : 'reject' }));
      else togglePolicy(speaker, step.prefix);
    }
  }
}

function togglePolicy(speaker: Speaker, prefix: number): void {
  const name = `policy-${prefix}`;
  if (speaker.routePolicies().some((policy) => policy.name === name)) {
    speaker.removeRoutePolicy(name, 'export');
    return;
  }
  const cidr = Prefix.parse(prefixOf(prefix));
  const matchPrefixes = { type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] } as const;
  const actions = {
    routeAction: prefix % 3 === 0 ? 'reject' : 'accept',
    addCommunities: [prefix],
    addLargeCommunities: [],
  } as const;
  speaker.addRoutePolicy({
    name,
    type: 'export',
    statements: [{ name: 's', conditions: { matchFamilies: [], matchPrefixes }, actions }],
  });
}

test('whatever happens on the way, two speakers end with one session, and each has what the other announces', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(100, 2000, 100_000),
      async (plan, seed, split, highWater) => {
        const lab = new Lab(seed, { split, highWater, delay: [1, 50] });
        const speakers = [await lab.speaker(1), await lab.speaker(2)] as const;
        speakers[0].addNeighbor(neighbor(2));
        speakers[1].addNeighbor(neighbor(1));
        for (const step of plan) play(step, lab, speakers);
        lab.network.heal(addressOf(1), addressOf(2));
        const settled = () => stateOf(speakers[0], 2) === 'established' && stateOf(speakers[1], 1) === 'established';
        lab.clock.advance(200_000);
        expect(lab.until(settled)).toBe(true);
        lab.clock.advance(60_000);
        expect(settled()).toBe(true);
        expect(lab.network.open).toBe(1);
        for (const from of [1, 2] as const) {
          const to = (3 - from) as 1 | 2;
          const sent = tableOf(speakers[from - 1] as Speaker, { table: 'adj-rib-out', neighbor: addressOf(to) });
          const received = tableOf(speakers[to - 1] as Speaker, { table: 'adj-rib-in', neighbor: addressOf(from) });
          expect(received).toEqual(sent);
          const state = speakers[from - 1]?.peer(addressOf(to));
          expect(state?.families[0]?.advertised).toBe(Object.keys(sent).length);
        }
      },
    ),
    {
      numRuns: runs,
      examples: [
        // A prefix twice in one request: the second took the last hold of the attribute set that the first had put in.
        [
          [
            { do: 'advertise', host: 1, prefixes: [0, 0], med: 0 },
            { do: 'advertise', host: 2, prefixes: [0], med: 0 },
          ],
          0,
          false,
          100,
        ],
      ],
    },
  );
});
