import { describe, expect, test } from 'vitest';
import { Frr, type FrrNeighbor } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const pods = '2001:db8:a:1::/64';
const node = (n: number) => `2001:db8:0:${n}::a`;
const router = (n: number) => `2001:db8:0:${n}::1`;

interface RangeJson {
  readonly peers: number;
  readonly refused: number;
}

/** `more`: fields of the range; `peers`: those of the instance. */
const configuration = (more: string, peers = '[]') => `instances:
  - name: rack
    localASN: 65100
    routerID: 10.255.1.1
    localPort: 179
    listenRanges:
      - { name: rack, prefix: "2001:db8::/60", timers: { holdTimeSeconds: 9 }, ${more} }
    peers: ${peers}
    paths:
      - prefixes: ["${pods}"]
`;

describe.each(frrVersions)('routers that nobody configured, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'listen.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = (n: number) => new Frr(lab().node(`tor${n}`));
  const herald = () => new Herald(worker());
  const range = async () => (await worker().json<RangeJson[]>(['herald', 'listen-ranges', '-o', 'json']))[0];

  const configure = (more: string, peers?: string) => herald().configure(configuration(more, peers));

  const hears = (n: number, what: string, reason: (neighbor: FrrNeighbor) => boolean) =>
    until(() => tor(n).neighbor(node(n)), reason, { what: `${what} at tor${n}` });

  /** Long enough for several attempts, one a second, of which none may come to anything. */
  async function staysDown(n: number): Promise<void> {
    const { connectionsEstablished } = await hears(n, 'no session', ({ bgpState }) => bgpState !== 'Established');
    const since = Date.now();
    await until(
      () => tor(n).neighbor(node(n)),
      ({ bgpState }) => bgpState === 'Established' || Date.now() - since > 5000,
      { what: 'five seconds' },
    );
    const after = await tor(n).neighbor(node(n));
    expect([after.bgpState === 'Established', after.connectionsEstablished]).toEqual([false, connectionsEstablished]);
  }

  test('two of them come, in the AS numbers that the range takes, and routes go both ways', async () => {
    for (const n of [1, 2]) {
      await tor(n).established(node(n));
      await until(
        () => tor(n).prefixesFrom(node(n)),
        (found) => found.join() === pods,
        {
          what: `${pods} at tor${n}`,
        },
      );
    }
    const peers = await herald().peers();
    expect(peers.map((peer) => peer['peer-address'])).toEqual([router(1), router(2)]);
    await until(
      () => herald().received(router(2)),
      (found) => found.join() === '2001:db8:c:2::/64',
      { what: 'the route of tor2' },
    );
    expect(await worker().text(['herald', 'peers'])).toContain(`${router(1)} (dynamic)`);
    expect(await worker().text(['herald', 'describe', 'peer', router(1)])).toMatch(/Listen Range: +rack/);
  });

  test('one more than the limit is told Connection Rejected', async () => {
    await tor(3).configureBgp(65003, `no neighbor ${node(3)} shutdown`);
    // It has no more to say of a NOTIFICATION that comes before OPEN.
    await until(
      () => lab().node('tor3').logs(),
      (logs) => logs.includes(`received from neighbor ${node(3)} 6/5 (Cease/Connection Rejected)`),
      { what: 'Connection Rejected in the log of tor3' },
    );
    await staysDown(3);
    expect(await range()).toMatchObject({ peers: 2 });
    expect((await range())?.refused).toBeGreaterThan(0);
  });

  test('with room for it, one in another AS is told Bad Peer AS, and the others do not notice', async () => {
    await configure('limit: 3, peerASNs: ["65001-65002"]');
    const { lastNotificationReason } = await hears(
      3,
      'Bad Peer AS',
      ({ lastErrorCodeSubcode }) => lastErrorCodeSubcode === '0202',
    );
    expect(lastNotificationReason).toBe('OPEN Message Error/Bad Peer AS');
    await staysDown(3);
    await until(
      async () => (await herald().peer(router(3)))['last-down']?.text ?? '',
      (text) => text.includes('the peer is in AS 65003, listen range "rack" takes AS 65001-65002'),
      { what: 'the reason in our status' },
    );
    await configure('limit: 3, peerASNs: ["65001-65003"]');
    await tor(3).established(node(3));
    for (const n of [1, 2]) expect(await tor(n).neighbor(node(n))).toMatchObject({ connectionsEstablished: 1 });
  });

  test('a password of the range: without it or with another there is no session, with it there is', async () => {
    await tor(1).configureBgp(65001, `neighbor ${node(1)} password sesame`);
    await tor(2).configureBgp(65002, `neighbor ${node(2)} password poppy`);
    await configure('limit: 3, password: sesame');
    await tor(1).established(node(1));
    await Promise.all([2, 3].map((n) => staysDown(n)));
    expect((await herald().peer(router(1)))['tcp-password-enabled']).toBe(true);
    await tor(2).configureBgp(65002, `neighbor ${node(2)} password sesame`);
    await tor(2).established(node(2));
    const text = `${await worker().text(['herald', 'listen-ranges', '-o', 'json'])}${worker().logs()}`;
    expect(text).not.toMatch(/sesame|poppy/);
  });

  test('a configured peer in the range has its own password, and without it the range’s again', async () => {
    const peer = `[{ name: tor2, peerAddress: "${router(2)}", peerASN: 65002, password: wheat, transport: { passive: true } }]`;
    await configure('limit: 3, password: sesame', peer);
    await hears(2, 'the end of the session', ({ bgpState }) => bgpState !== 'Established');
    await staysDown(2);
    await tor(2).configureBgp(65002, `neighbor ${node(2)} password wheat`);
    await tor(2).established(node(2));
    expect(await worker().text(['herald', 'describe', 'peer', 'tor2'])).not.toMatch(/Listen Range/);
    await configure('limit: 3, password: sesame');
    await hears(2, 'the end of the session', ({ bgpState }) => bgpState !== 'Established');
    await tor(2).configureBgp(65002, `neighbor ${node(2)} password sesame`);
    await tor(2).established(node(2));
    expect(await tor(1).neighbor(node(1))).toMatchObject({ bgpState: 'Established' });
  });

  test('one that goes is forgotten, and the configuration that cannot be leaves all as it is', async () => {
    // Refused, and so never loaded.
    worker().write(
      '/etc/herald/herald.yaml',
      configuration('limit: 3, password: sesame', `[{ name: tor9, peerAddress: "${router(9)}" }]`),
    );
    worker().process('herald').signal('SIGHUP');
    await until(
      () => worker().logs(),
      (logs) => /tor9.* has no password, and is in listen range/.test(logs),
      {
        what: 'the refusal in the log',
      },
    );
    expect(await tor(1).neighbor(node(1))).toMatchObject({ bgpState: 'Established' });
    await configure('limit: 3');
    for (const n of [1, 2]) await tor(n).configureBgp(65000 + n, `no neighbor ${node(n)} password`);
    for (const n of [1, 2, 3]) await tor(n).established(node(n));
    await tor(3).configureBgp(65003, `no neighbor ${node(3)}`);
    await until(range, (found) => found?.peers === 2, { what: 'two peers of the range' });
  });
});
