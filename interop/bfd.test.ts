import { beforeAll, describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress, pods } = rack.worker1;
const bfd = { transmitIntervalMilliseconds: 300, receiveIntervalMilliseconds: 300, detectionMultiplier: 3 };
/** Seconds. The detection time is 0.9, and each end says that it was this that ended the session; the hold time takes sixty at least. */
const soon = 30;

/** What the peer has beside BFD, its key in our JSON, and what the router calls us. */
const links = [
  ['by global addresses', 'rack.clab.yml', `peerAddress: "${torAddress}"`, torAddress, address],
  ['by the interface alone', 'unnumbered.clab.yml', 'peerInterface: eth1', 'fe80::%eth1', 'eth1'],
] as const;

function configuration(where: string, strict: boolean): string {
  return `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${pods}"] }]
    peers:
      - name: tor
        ${where}
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 90 }
        bfd: ${JSON.stringify({ enabled: true, strict, ...bfd })}
`;
}

const expired = 'control detection time expired';

interface FrrBfdPeer {
  readonly status: string;
  readonly diagnostic: string;
  readonly 'remote-detect-multiplier': number;
  readonly 'remote-transmit-interval': number;
}

/** Puts a datagram on the link as the router would: ADDRESS HOP-LIMIT HEX. */
const inject = `
import socket, sys
host, hops, data = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
to = socket.getaddrinfo(host, 3784, socket.AF_INET6, socket.SOCK_DGRAM)[0][4]
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
s.sendto(data, to)
`;
/** Down, and an unknown discriminator: with hop limit 255 it would be for the session of whoever sends it. */
const down = '2040031800000001000000000000c3500000c35000000000';

describe.each(frrVersions)('BFD, FRR %s', (version) => {
  describe.each(links)('%s', (_, topology, where, key, name) => {
    const lab = useLab(import.meta.url, topology, { FRR: version });
    const worker = () => lab().node('worker1');
    const herald = () => new Herald(worker());
    const tor = () => new Frr(lab().node('tor'));

    const configure = (strict = false) => herald().configure(configuration(where, strict));

    /** Loses what the router's BFD sends, and nothing else. */
    const muted = (change: 'add' | 'del') =>
      lab().node('tor').exec(`ip -6 rule ${change} pref 1 ipproto 17 dport 3784 blackhole`.split(' '));

    /** Both say that all is well: BGP, BFD, and the kernel of the router. */
    async function up(): Promise<void> {
      await tor().established(name);
      await until(
        () => tor().json<FrrBfdPeer[]>('show bfd peers'),
        (peers) => peers.length === 1 && peers.every(({ status }) => status === 'up'),
        { what: 'BFD to be up at the router' },
      );
      await until(
        () => herald().peer(key),
        (peer) => peer.bfd?.state === 'up' && peer['session-state'] === 'established',
        { what: 'BFD to be up at our end' },
      );
      await until(
        () => tor().kernel(),
        (routes) => routes[pods] !== undefined,
        { what: `${pods} in the router's kernel` },
      );
    }

    beforeAll(async () => {
      await tor().configureBgp(rack.asn, `neighbor ${name} bfd`);
      await configure();
    });

    test('both say that it is up, and agree on the intervals', async () => {
      await up();
      // Until it is up, each sends once a second; it says what it wants instead in a packet of its own.
      const [peer] = await until(
        () => tor().json<FrrBfdPeer[]>('show bfd peers'),
        ([found]) => found?.['remote-transmit-interval'] === 300,
        { what: 'our interval at the router' },
      );
      expect(peer).toMatchObject({ 'remote-detect-multiplier': 3 });
      const agreed = await until(
        async () => (await herald().peer(key)).bfd,
        (state) => state?.['transmit-interval-nanoseconds'] === 3e8 && state['detection-time-nanoseconds'] === 9e8,
        { what: 'the interval that both want' },
      );
      expect(agreed).toMatchObject({ 'remote-state': 'up', 'packets-discarded': 0 });
    });

    test('a packet with hop limit 254, or garbage, is counted and changes nothing', async () => {
      await up();
      const [{ local } = { local: '' }] = await worker()
        .json<{ addr_info: { local: string; scope: string }[] }[]>([
          'ip',
          '-6',
          '-j',
          'addr',
          'show',
          'dev',
          'eth1',
          'scope',
          name === 'eth1' ? 'link' : 'global',
        ])
        .then(([link]) => link?.addr_info ?? []);
      const to = name === 'eth1' ? `${local}%eth1` : address;
      const before = await herald().peer(key);
      const packets = [
        ['254', down],
        ['64', down],
        ['255', 'ff00'],
        ['255', '00'.repeat(24)],
      ];
      for (const packet of packets)
        await lab()
          .node('tor')
          .exec(['python3', '-c', inject, to, ...packet]);
      const after = await until(
        () => herald().peer(key),
        (peer) => peer.bfd?.['packets-discarded'] === packets.length,
        { what: `${packets.length} packets to be discarded` },
      );
      expect(after.bfd).toMatchObject({ state: 'up', downs: before.bfd?.downs });
      expect(after.counters['established']).toBe(before.counters['established']);
    });

    test('a frozen node: the router drops the session and the route without a word of it', async () => {
      await up();
      worker().process('herald').signal('SIGSTOP');
      try {
        await until(
          () => tor().kernel(),
          (routes) => routes[pods] === undefined,
          { what: `${pods} to be gone from the router's kernel`, within: soon },
        );
        expect((await tor().neighbor(name)).bgpState).not.toBe('Established');
        const [peer] = await tor().json<FrrBfdPeer[]>('show bfd peers');
        expect(peer).toMatchObject({ status: 'down', diagnostic: expired });
      } finally {
        worker().process('herald').signal('SIGCONT');
      }
      await up();
    });

    test('a router whose BFD is not heard: the node drops the session at once, and the router hears why', async () => {
      await up();
      const { counters } = await herald().peer(key);
      const [ours, theirs] = [worker().process('herald').logged().length, tor().logEnd];
      await muted('add');
      try {
        // In the logs of both: what they say of the peer is overwritten when the next session is tried.
        await until(
          () => worker().process('herald').logged(ours),
          (log) => log.split('\n').some((line) => line.includes('"notification-sent"') && line.includes(expired)),
          { what: 'BFD Down in our log', within: soon },
        );
        expect((await herald().peer(key)).bfd).toMatchObject({ state: 'down', diagnostic: expired });
        await tor().notified(name, '6/10', theirs);
        // BFD that does not come up again does not hold the session.
        await until(
          () => herald().peer(key),
          (state) => (state.counters['established'] ?? 0) > (counters['established'] ?? 0),
          { what: 'the session to come back without BFD' },
        );
      } finally {
        await muted('del');
      }
      await up();
    });

    test('BFD that is shut down at the router leaves the session alone', async () => {
      await up();
      const before = await herald().peer(key);
      await tor().vtysh('configure terminal', 'bfd', 'profile off', 'shutdown');
      try {
        await tor().configureBgp(rack.asn, `neighbor ${name} bfd profile off`);
        // That the router is AdminDown is forgotten with the detection time, for it says so once and then nothing.
        const peer = await until(
          () => herald().peer(key),
          (state) => state.bfd?.state === 'down' && state.bfd.diagnostic === 'neighbor signaled session down',
          { what: 'BFD that ended in good order at our end' },
        );
        expect(peer).toMatchObject({
          'session-state': 'established',
          counters: { established: before.counters['established'] },
        });
      } finally {
        await tor().vtysh('configure terminal', 'bfd', 'profile off', 'no shutdown');
      }
      await up();
    });

    test('strict: no session while BFD is down, and one again when it is up', async () => {
      await configure(true);
      await up();
      await muted('add');
      try {
        const peer = await until(
          () => herald().peer(key),
          (state) => state['last-down']?.kind === 'held',
          { what: 'the session to be held', within: soon },
        );
        expect(peer).toMatchObject({
          'session-state': 'idle',
          'last-down': { text: expect.stringContaining('strict') },
        });
      } finally {
        await muted('del');
      }
      await up();
    });

    test('an end in good order is what the router hears of, not a failure of the link', async () => {
      await configure();
      await up();
      const { messageStats: before } = await tor().neighbor(name);
      expect(await herald().stop()).toBe(0);
      const { messageStats: after } = await until(
        () => tor().neighbor(name),
        ({ messageStats }) => messageStats.notificationsRecv > before.notificationsRecv,
        { what: 'the router to hear of it' },
      );
      expect(after.notificationsSent).toBe(before.notificationsSent);
    });
  });
});
