import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address } = rack.worker1;
const ROUTES = 1000;
const route = (n: number) => `2001:db8:d:${n.toString(16)}::/64`;

interface Parts {
  /** Lines of the peer. */
  readonly peer?: readonly string[];
  /** One line each. */
  readonly policies?: readonly string[];
  /** MED of route 9, which has an entry of its own. */
  readonly med?: number;
}

const configuration = ({ peer = [], policies = [], med = 0 }: Parts) => `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: ${rack.worker1.tor}
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
${peer.map((line) => `        ${line}\n`).join('')}    paths:
      - prefixes: [${Array.from({ length: ROUTES }, (_, n) => n)
        .filter((n) => n !== 9)
        .map((n) => `"${route(n)}"`)
        .join(', ')}]
      - { prefixes: ["${route(9)}"], med: ${med} }
    routePolicies: [${policies.join(', ')}]
`;

const about = (n: number) => `matchPrefixes: { prefixes: [{ cidr: "${route(n)}" }] }`;
const policy = (name: string, statement: string) => `{ name: ${name}, statements: [{ ${statement} }] }`;
const secret = policy('secret', `${about(3)}, routeAction: reject`);
const label = (community: string) => policy('label', `${about(5)}, addCommunities: ["${community}"]`);
const everything = policy('everything', 'routeAction: accept');

describe.each(frrVersions)('a change on a session that is up, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  let changes = 0;

  const isThere = (prefix: string) =>
    until(
      () => tor().paths(prefix),
      (paths) => paths.length > 0,
      { what: `${prefix} at the router` },
    );

  const load = (parts: Parts) => new Herald(worker()).configure(configuration(parts));

  const prefixesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, prefix = '']) => prefix);

  /** What the router was sent because of it, in its own words, and how many UPDATEs; one route more is the sign that all of it is there. */
  async function heard(change: () => Promise<unknown>) {
    const before = (await tor().neighbor(address)).messageStats.updatesRecv;
    const since = tor().logEnd;
    await change();
    const last = `2001:db8:e:${(++changes).toString(16)}::/64`;
    await new Herald(worker()).advertise([last]);
    const words = await until(
      () => lab().node('tor').process('bgpd').logged(since),
      (text) => text.includes(`rcvd ${last}`),
      { what: `${last} at the router` },
    );
    const { updatesRecv } = (await tor().neighbor(address)).messageStats;
    return {
      announced: prefixesIn(words, / rcvd (2001:[^ .]+)/g).filter((prefix) => prefix !== last),
      withdrawn: prefixesIn(words, / rcvd UPDATE about (\S+) IPv6 unicast -- withdrawn/g),
      updates: updatesRecv - before - 1,
    };
  }

  test('a thousand routes are there', async () => {
    await load({});
    await tor().established(address);
    await isThere(route(ROUTES - 1));
    await until(
      () => tor().prefixesFrom(address),
      (prefixes) => prefixes.length === ROUTES,
      { what: 'all routes' },
    );
    expect((await tor().neighbor(address)).connectionsEstablished).toBe(1);
    await tor().vtysh('debug bgp updates in');
  });

  test.each<[name: string, to: Parts, announced: readonly number[], withdrawn: readonly number[], updates: number]>([
    ['a policy that keeps one back', { policies: [secret] }, [], [3], 1],
    ['another that labels one', { policies: [label('65001:5'), secret] }, [5], [], 1],
    ['another label', { policies: [label('65001:6'), secret] }, [5], [], 1],
    ['their order', { policies: [secret, label('65001:6')] }, [], [], 0],
    ['the attributes of one', { policies: [secret, label('65001:6')], med: 20 }, [9], [], 1],
    [
      'a default that says what a policy said',
      { policies: [secret, label('65001:6'), everything], med: 20, peer: ['export: none'] },
      [],
      [],
      0,
    ],
    ['no policy any more', { med: 20 }, [3, 5], [], 1],
  ])('%s: the router is sent what differs, and nothing else', async (_, to, announced, withdrawn, updates) => {
    const news = await heard(() => load(to));
    expect(news).toEqual({
      announced: announced.map(route),
      withdrawn: withdrawn.map(route),
      updates,
    });
    for (const n of withdrawn) expect(await tor().paths(route(n))).toEqual([]);
  });

  test('the router has what the last configuration says', async () => {
    expect(await tor().prefixesFrom(address)).toHaveLength(ROUTES + changes);
    expect(await tor().paths(route(9))).toMatchObject([{ metric: 20 }]);
    expect((await tor().paths(route(5)))[0]?.community).toBeUndefined();
  });

  test('another next hop: each route once more, none withdrawn', async () => {
    const { announced, withdrawn } = await heard(() => load({ med: 20, peer: ['nextHop: global'] }));
    expect(withdrawn).toEqual([]);
    expect(announced.toSorted()).toEqual(
      (await tor().prefixesFrom(address)).filter((prefix) => prefix !== last()).toSorted(),
    );
  });

  test('the router asks for all, and is sent all', async () => {
    const before = await tor().prefixesFrom(address);
    const asked = async () =>
      (await new Herald(worker()).peer(rack.worker1.tor)).counters['route-refreshes-received'] ?? 0;
    const asks = await asked();
    const { announced, withdrawn } = await heard(async () => {
      await tor().vtysh(`clear bgp ipv6 ${address} soft in`);
      await until(asked, (count) => count > asks, { what: 'the router to have asked' });
    });
    expect([announced.toSorted(), withdrawn]).toEqual([before, []]);
    expect(await tor().neighbor(address)).toMatchObject({ connectionsEstablished: 1 });
  });

  const last = () => `2001:db8:e:${changes.toString(16)}::/64`;
});
