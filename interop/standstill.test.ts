import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald, type HeraldPeer } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: router, asn, pods } = rack.worker1;

/** Seconds. The router sends a KEEPALIVE every ten, we send one each second: it hears of a standstill later than we do. */
const holdTime = 30;
const standstill = 24.5;

const configuration = `instances:
  - name: rack
    localASN: ${asn}
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${pods}"] }]
    peers:
      - name: tor
        peerAddress: "${router}"
        peerASN: ${rack.asn}
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: ${holdTime}, keepAliveTimeSeconds: 1 }
`;

/** Seconds until the hold time of the session has passed, as our daemon has it. */
function holdLeft({ timers }: HeraldPeer): number {
  return (timers['running-nanoseconds']['hold'] ?? Number.POSITIVE_INFINITY) / 1e9;
}

describe.each(frrVersions)('a daemon that stands still, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const node = () => lab().node('worker1');
  const herald = () => new Herald(node());
  const tor = () => new Frr(lab().node('tor'));
  const inTable = () =>
    until(
      () => tor().paths(pods),
      (paths) => paths.length === 1,
      { what: `${pods} at the router` },
    );

  test('for less than the hold time keeps its session, though its own HoldTimer expired meanwhile', async () => {
    await herald().configure(configuration);
    const before = await until(
      () => tor().neighbor(address),
      ({ bgpState, bgpTimerHoldTimeMsecs }) => bgpState === 'Established' && bgpTimerHoldTimeMsecs === 1000 * holdTime,
      { what: 'a session with this hold time' },
    );
    await inTable();
    const counters = await herald().peer(router);
    await until(
      () => herald().peer(router),
      (peer) => holdLeft(peer) < standstill - 1,
      { what: 'the router to be silent for a while' },
    );
    node().process('herald').signal('SIGSTOP');
    await sleep(1000 * standstill);
    node().process('herald').signal('SIGCONT');
    // What it reads in the socket starts HoldTimer again.
    const after = await until(
      () => herald().peer(router),
      (peer) => holdLeft(peer) > standstill,
      { what: 'the KEEPALIVEs that waited to be read' },
    );
    expect(after.counters['established']).toBe(counters.counters['established']);
    expect((await tor().neighbor(address)).connectionsDropped).toBe(before.connectionsDropped);
    await inTable();
  });

  test('for longer is gone for the router, and comes back with everything', async () => {
    const { connectionsDropped } = await tor().neighbor(address);
    node().process('herald').signal('SIGSTOP');
    await until(
      () => tor().neighbor(address),
      (neighbor) => neighbor.connectionsDropped > connectionsDropped,
      { what: 'the hold time to expire at the router' },
    );
    await until(
      () => tor().paths(pods),
      (paths) => paths.length === 0,
      { what: 'the router to forget what came by it' },
    );
    node().process('herald').signal('SIGCONT');
    const { connectionsDropped: after } = await tor().established(address);
    expect(after).toBe(connectionsDropped + 1);
    await inTable();
  });
});
