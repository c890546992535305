import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Owner } from '../../src/rib/loc-rib.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { TableType } from '../../src/speaker/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import { runs as all } from '../runs.ts';
import { addressOf, Lab, neighbor, stateOf } from './support.ts';

const runs = Math.max(5, all / 200);
const owners: readonly Owner[] = ['config', 'plan', 'api'];

const path = {
  prefix: fc.integer({ min: 0, max: 5 }),
  pathId: fc.constantFrom(0, 1, 2, 0xffffffff),
  owner: fc.constantFrom(...owners),
};
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advertise'), ...path, med: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw'), ...path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('policy'), prefix: path.prefix }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('soft in', 'soft out', 'reset', 'break') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), milliseconds: fc.integer({ min: 0, max: 3000 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plainly: what was put in, and which prefixes a policy stops. */
class Model {
  readonly paths = new Map<string, { prefix: number; pathId: number; owner: Owner; med: number }>();
  readonly stopped = new Set<number>();

  /** By prefix and path id: of several owners the lowest MED wins, then the order of the owners. */
  announced(): Record<string, number> {
    const best = [...this.paths.values()]
      .filter(({ prefix }) => !this.stopped.has(prefix))
      .sort((a, b) => b.med - a.med || owners.indexOf(b.owner) - owners.indexOf(a.owner));
    return Object.fromEntries(best.map(({ prefix, pathId, med }) => [`${prefixOf(prefix)} ${pathId}`, med]));
  }
}

const prefixOf = (i: number) => Prefix.parse(`2001:db8:a:${i}::/64`);

function play(step: Step, lab: Lab, speaker: Speaker, model: Model): void {
  if ('milliseconds' in step) lab.clock.advance(step.milliseconds);
  else if ('pathId' in step) {
    const { prefix, pathId, owner } = step;
    const key = `${prefix} ${pathId} ${owner}`;
    const nlri = packPrefixes(ipv6Unicast, [prefixOf(prefix)], [pathId]);
    if ('med' in step) {
      speaker.advertise({ family: ipv6Unicast, nlri, attributes: { med: step.med }, owner });
      model.paths.set(key, { prefix, pathId, owner, med: step.med });
    } else expect(speaker.withdrawPrefixes(ipv6Unicast, nlri, owner)).toBe(model.paths.delete(key) ? 1 : 0);
  } else if ('prefix' in step) togglePolicy(speaker, step.prefix, model);
  else if (step.do === 'break') lab.network.reset(addressOf(1), addressOf(2));
  else
    speaker.resetNeighbor(addressOf(2), {
      soft: step.do === 'soft in' ? 'in' : step.do === 'soft out' ? 'out' : 'none',
    });
}

function togglePolicy(speaker: Speaker, prefix: number, model: Model): void {
  const name = `${prefix}`;
  if (model.stopped.delete(prefix)) {
    speaker.removeRoutePolicy(name, 'export');
    return;
  }
  model.stopped.add(prefix);
  const cidr = prefixOf(prefix);
  const matchPrefixes = { type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] } as const;
  const actions = { routeAction: 'reject', addCommunities: [], addLargeCommunities: [] } as const;
  const statements = [{ name: 's', conditions: { matchFamilies: [], matchPrefixes }, actions }];
  speaker.addRoutePolicy({ name, type: 'export', statements });
}

function tableOf(speaker: Speaker, table: TableType, host: number): Record<string, number> {
  const entries = [...speaker.routes({ table, family: ipv6Unicast, neighbor: addressOf(host) })].flatMap(
    ({ prefix, paths }) =>
      paths.map(({ pathId, attributes }) => [`${prefix} ${pathId}`, attributes.med ?? -1] as const),
  );
  expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

test('with ADD-PATH, whatever happens on the way, the peer ends with every path that policies let through', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer(), fc.boolean(), async (plan, seed, split) => {
      const lab = new Lab(seed, { split, delay: [1, 50] });
      const [a, b] = [await lab.speaker(1), await lab.speaker(2)];
      const addPaths = [{ family: ipv6Unicast, mode: 'both' }] as const;
      a.addNeighbor(neighbor(2, { addPaths }));
      b.addNeighbor(neighbor(1, { addPaths }));
      const model = new Model();
      for (const step of plan) play(step, lab, a, model);
      lab.clock.advance(200_000);
      expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
      lab.clock.advance(60_000);
      const announced = model.announced();
      expect(tableOf(a, 'adj-rib-out', 2)).toEqual(announced);
      expect(tableOf(b, 'adj-rib-in', 1)).toEqual(announced);
      const count = Object.keys(announced).length;
      expect(a.peer(addressOf(2))?.families[0]?.advertised).toBe(count);
      expect(b.peer(addressOf(1))?.families[0]?.received).toBe(count);
    }),
    { numRuns: runs },
  );
});
