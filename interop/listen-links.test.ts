import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const pods = '2001:db8:a:1::/64';
/** On both links; the routers are fe80::b on theirs. */
const node = 'fe80::a';

/** `more`: fields of the range. */
const configuration = (more: string) => `instances:
  - name: rack
    localASN: 65100
    routerID: 10.255.1.1
    localPort: 179
    listenRanges:
      - { name: rack, prefix: "fe80::/10", timers: { holdTimeSeconds: 9 }, ${more} }
    paths:
      - prefixes: ["${pods}"]
`;

// FRR 8 dials no link-local address that it is given: it knows only those that routers advertise.
describe('routers that are known by link-local addresses, FRR 10.7.1', () => {
  const lab = useLab(import.meta.url, 'listen-links.clab.yml', { FRR: '10.7.1' });
  const worker = () => lab().node('worker1');
  const tor = (n: number) => new Frr(lab().node(`tor${n}`));
  const herald = () => new Herald(worker());
  const at = (n: number) => `fe80::b%eth${n}`;
  const up = async () => (await herald().peers()).filter((peer) => peer['session-state'] === 'established');

  const configure = (more: string) => herald().configure(configuration(more));

  test('the same address on two links is two peers, and each router has the way to the node on its link', async () => {
    for (const n of [1, 2]) {
      await tor(n).established(node);
      const kernel = await until(
        () => tor(n).kernel(),
        (routes) => pods in routes,
        { what: `${pods} in the kernel of tor${n}` },
      );
      expect(kernel[pods]).toEqual([{ gateway: node, dev: 'eth1' }]);
      await until(
        () => herald().received(at(n)),
        (found) => found.join() === `2001:db8:c:${n}::/64`,
        { what: `the route of tor${n}` },
      );
    }
    expect((await up()).map((peer) => peer['peer-address'])).toEqual([at(1), at(2)]);
    expect(await worker().text(['herald', 'describe', 'peer', at(2)])).toMatch(/Listen Range: +rack/);
  });

  test('a password of the range is asked for on every link', async () => {
    await tor(1).configureBgp(65001, `neighbor ${node} password sesame`);
    await configure('limit: 3, password: sesame');
    const { connectionsEstablished } = await tor(1).established(node);
    expect(connectionsEstablished).toBeGreaterThan(0);
    await until(up, (peers) => peers.map((peer) => peer['peer-address']).join() === at(1), {
      what: 'tor1 alone',
    });
    await tor(2).configureBgp(65002, `neighbor ${node} password sesame`);
    await tor(2).established(node);
    expect((await up()).every((peer) => peer['tcp-password-enabled'])).toBe(true);
  });

  test('with a device of the range the other link has no peers', async () => {
    await configure('limit: 3, password: sesame, transport: { bindToDevice: eth2 }');
    await tor(2).established(node);
    await until(
      () => tor(1).neighbor(node),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'tor1 to lose its session' },
    );
    await until(up, (peers) => peers.map((peer) => peer['peer-address']).join() === at(2), {
      what: 'tor2 alone',
    });
    const found = await until(
      async () => [await tor(1).prefixesFrom(node), await tor(2).prefixesFrom(node)],
      ([gone, there]) => gone?.length === 0 && there?.length === 1,
      { what: 'a route at tor2 alone' },
    );
    expect(found).toEqual([[], [pods]]);
  });
});
