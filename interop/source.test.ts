import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address: linkAddress, tor: torAddress } = rack.worker1;
const source = '2001:db8:9::b';
const localPort = 1790;

const configuration = `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    peers:
      - name: tor
        peerAddress: "${torAddress}"
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
        transport: { sourceInterface: source0, localPort: ${localPort}, ebgpMultihop: 2, tcpUserTimeoutMilliseconds: 5000 }
`;

describe.each(frrVersions)('a session from the address of an interface, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const ip = (...words: readonly string[]) => worker().exec(['ip', ...words]);
  const held = () =>
    until(
      () => new Herald(worker()).peer(torAddress),
      (peer) => peer['last-down']?.kind === 'held',
      { what: 'the peer to be held' },
    );

  async function appear(): Promise<void> {
    await ip('link', 'add', 'source0', 'type', 'veth', 'peer', 'name', 'source1');
    await ip('addr', 'add', `${source}/128`, 'dev', 'source0', 'nodad');
    for (const name of ['source0', 'source1']) await ip('link', 'set', name, 'up');
  }

  test('that is not there: no session, and our status says why', async () => {
    await tor().vtysh('configure terminal', `ipv6 route ${source}/128 ${linkAddress}`);
    await tor().configureBgp(
      rack.asn,
      `neighbor ${source} remote-as 65001`,
      `neighbor ${source} ebgp-multihop 2`,
      `neighbor ${source} passive`,
      'address-family ipv6 unicast',
      `neighbor ${source} activate`,
    );
    await new Herald(worker()).configure(configuration);
    const peer = await held();
    expect(peer['last-down']?.text).toBe(
      '"sourceInterface": interface source0 has no IPv6 address, is down, or is not there',
    );
    expect(await tor().neighbor(source)).toMatchObject({ connectionsEstablished: 0 });
  });

  test('comes with the interface, from its address and the configured port', async () => {
    await appear();
    const neighbor = await tor().established(source);
    expect(neighbor).toMatchObject({ hostForeign: source, portForeign: localPort });
  });

  test('goes with the interface, and comes back with it', async () => {
    await ip('link', 'del', 'source0');
    await until(
      () => tor().neighbor(source),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session' },
    );
    await held();
    await appear();
    expect(await tor().established(source)).toMatchObject({ hostForeign: source });
  });
});
