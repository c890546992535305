import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const generations = [
  { FRR: '10.7.1', BIRD: '3.4.0', GOBGP: '4.8.0', OPENBGPD: '9.3', EXABGP: '5.0.15' },
  { FRR: '8.4.4', BIRD: '2.0.12', GOBGP: '3.10.0', OPENBGPD: '7.7', EXABGP: '4.2.21' },
];

const leaves = ['2001:db8:0:2::2', '2001:db8:0:3::2', '2001:db8:0:4::2', '2001:db8:0:5::2'];
const pods = ['2001:db8:a:2::/64', '2001:db8:a:3::/64', '2001:db8:a:4::/64', '2001:db8:a:5::/64'];

describe.each(generations)('every other daemon below FRR $FRR', (env) => {
  const lab = useLab(import.meta.url, 'vendors.clab.yml', env);

  test('FRR is of the generation that the topology names', async () => {
    const version = await new Frr(lab().node('spine')).vtysh('show version');
    expect(version).toContain(`FRRouting ${env.FRR.split('.')[0]}.`);
  });

  test('all sessions come up', async () => {
    const spine = new Frr(lab().node('spine'));
    const neighbors = await Promise.all(leaves.map((leaf) => spine.established(leaf)));
    expect(neighbors.map(({ remoteAs }) => remoteAs)).toEqual([65002, 65003, 65004, 65005]);
  });

  test('each leaf announces its pod prefix, and the spine forwards to it', async () => {
    const spine = new Frr(lab().node('spine'));
    const kernel = await until(
      () => spine.kernel(),
      (routes) => Object.keys(routes).length >= pods.length,
      { what: 'a route to each pod prefix' },
    );
    expect(Object.keys(kernel).toSorted()).toEqual(pods);
  });

  test('a node and all that runs in it end at once', async () => {
    const bird = lab().node('bird');
    await bird.kill();
    expect(bird.running()).toBe(false);
    await until(
      () => bird.process('bird').exitCode,
      (code) => code === 137,
      { what: 'the exit code of BIRD' },
    );
  });
});
