import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Capture } from './lab/capture.ts';
import { Frr } from './lab/frr.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress } = rack.worker1;
const second = '2001:db8:0:1::b';
const address4 = '198.51.100.10';
const torAddress4 = '198.51.100.1';
/** CS6, the class of routing protocols, as a DSCP. */
const cs6 = '48';

interface Wanted {
  /** Of Herald's configuration. */
  readonly transport?: string;
  readonly localAsn?: number;
  readonly remote?: string;
}

function configuration({ transport = '', localAsn = rack.worker1.asn, remote = torAddress }: Wanted): string {
  return `instances:
  - name: rack
    localASN: ${localAsn}
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${remote}"
        peerASN: ${rack.asn}
        families: [ipv6/unicast]
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
        transport: { ${transport} }
`;
}

/** What the router's link carries of ours. */
interface Packet {
  readonly limit: string;
  readonly dscp: string;
  readonly port: string;
  /** Of TCP's handshake. */
  readonly isSyn: boolean;
  readonly hasData: boolean;
}

describe.each(frrVersions)('what is on the wire, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));

  /** Our packets of a session that begins now, from its first to those of its first second; `seen` is our address at the router. */
  async function packets(wanted: Wanted, seen: string = address): Promise<readonly Packet[]> {
    await worker().process('herald').stop('SIGINT');
    worker().write('/etc/herald/herald.yaml', configuration(wanted));
    const capture = new Capture(lab().node('tor'), 'eth1');
    await capture.start();
    worker().start('herald', ['herald', 'run', '-c', '/etc/herald']);
    await tor().established(seen);
    const [source, limit, dscp] = seen.includes(':')
      ? ['ipv6.src', 'ipv6.hlim', 'ipv6.tclass.dscp']
      : ['ip.src', 'ip.ttl', 'ip.dsfield.dscp'];
    type Fields = Readonly<Record<string, readonly string[]>>;
    const isSyn = (fields: Fields) => ['1', 'True'].includes(fields['tcp.flags.syn']?.[0] ?? '');
    const hasData = (fields: Fields) => fields['tcp.len']?.[0] !== '0';
    async function captured(): Promise<readonly Fields[]> {
      // Where nobody listens, the kernel itself answers with a reset.
      const found = await capture.fields(`${source} == ${seen} && tcp.flags.reset == 0`, [
        limit,
        dscp,
        'tcp.srcport',
        'tcp.flags.syn',
        'tcp.len',
        'tcp.stream',
      ]);
      // The kernel may still be ending a connection of the process before.
      const begun = new Set(found.filter(isSyn).map((fields) => fields['tcp.stream']?.[0]));
      return found.filter((fields) => begun.has(fields['tcp.stream']?.[0]));
    }
    const ours = await until(captured, (found) => found.some(hasData), { what: 'our session in the capture' });
    await capture.stop();
    return ours.map((fields) => ({
      limit: fields[limit]?.[0] ?? '',
      dscp: fields[dscp]?.[0] ?? '',
      port: fields['tcp.srcport']?.[0] ?? '',
      isSyn: isSyn(fields),
      hasData: hasData(fields),
    }));
  }

  const limits = (found: readonly Packet[]) => [...new Set(found.map(({ limit }) => limit))];

  /** From its first SYN on, whoever dialled, everything has the class. */
  function expectClass(found: readonly Packet[]): void {
    expect(found.some(({ isSyn }) => isSyn)).toBe(true);
    expect(found.some(({ hasData }) => hasData)).toBe(true);
    expect([...new Set(found.map(({ dscp }) => dscp))]).toEqual([cs6]);
  }

  /** The router dials, or waits. */
  async function routerIs(dialler: 'us' | 'router', seen: string = address): Promise<string> {
    await tor().configureBgp(rack.asn, `${dialler === 'us' ? '' : 'no '}neighbor ${seen} passive`);
    return dialler === 'us' ? '' : 'passive: true, ';
  }

  beforeAll(async () => {
    const node = lab().node('tor');
    await node.exec(['ip', 'addr', 'add', `${torAddress4}/24`, 'dev', 'eth1']);
    await worker().exec(['ip', 'addr', 'add', `${address4}/24`, 'dev', 'eth1']);
    await tor().configureBgp(
      rack.asn,
      `neighbor ${address4} peer-group WORKER`,
      `neighbor ${second} peer-group WORKER`,
      `neighbor ${second} passive`,
    );
  });

  afterAll(async () => {
    await worker().process('herald').stop('SIGINT');
  });

  describe.each(['us', 'router'] as const)('dialled by %s', (dialler) => {
    test.each([
      ['IPv6', torAddress, address],
      ['IPv4', torAddress4, address4],
    ])('an external peer over %s: hop limit 1, class CS6', async (_, remote, seen) => {
      const found = await packets({ transport: await routerIs(dialler, seen), remote }, seen);
      expectClass(found);
      expect(limits(found.filter(({ hasData }) => hasData))).toEqual(['1']);
    });

    test('TTL security: hop limit 255 from the first SYN on', async () => {
      const passive = await routerIs(dialler);
      await tor().configureBgp(rack.asn, `neighbor ${address} ttl-security hops 1`);
      const found = await packets({ transport: `${passive}ttlSecurity: true` });
      await tor().configureBgp(rack.asn, `no neighbor ${address} ttl-security hops 1`);
      expectClass(found);
      expect(limits(found)).toEqual(['255']);
    });

    test('multihop: the hop limit that it says', async () => {
      const passive = await routerIs(dialler);
      const found = await packets({ transport: `${passive}ebgpMultihop: 7` });
      expectClass(found);
      expect(limits(found.filter(({ hasData }) => hasData))).toEqual(['7']);
    });

    test('an internal peer: the hop limit of the kernel', async () => {
      const passive = await routerIs(dialler);
      await tor().configureBgp(rack.asn, 'neighbor WORKER remote-as internal');
      const found = await packets({ transport: passive, localAsn: rack.asn });
      await tor().configureBgp(rack.asn, 'neighbor WORKER remote-as external');
      expectClass(found);
      expect(limits(found)).toEqual(['64']);
    });
  });

  test('a source address and a source port', async () => {
    await worker().exec(['ip', '-6', 'addr', 'add', `${second}/64`, 'dev', 'eth1', 'nodad']);
    const found = await packets({ transport: `localAddress: "${second}", localPort: 50179` }, second);
    expect([...new Set(found.map(({ port }) => port))]).toEqual(['50179']);
  });

  test('a device: the session goes through it, though the routes say otherwise', async () => {
    await routerIs('us');
    const shell = (command: string) => worker().exec(['sh', '-c', command]);
    await shell('ip link add wrong0 type veth peer name wrong1 && ip link set wrong0 up && ip link set wrong1 up');
    await shell(`ip -6 route add ${torAddress}/128 dev wrong0`);
    expect(await worker().text(['ip', '-6', 'route', 'get', torAddress])).toContain('dev wrong0');
    const found = await packets({ transport: `localAddress: "${address}", bindToDevice: eth1` });
    expectClass(found);
    await shell('ip link del wrong0');
  });
});
