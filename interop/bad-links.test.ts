import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

/** What the peer is known by. */
const eth1 = 'fe80::%eth1';
const run = ['herald', 'run', '-c', '/etc/herald'];

describe.each(frrVersions)('an unnumbered link on which something is wrong, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'unnumbered.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const router = () => lab().node('tor');
  const tor = () => new Frr(router());
  const established = () => tor().established('eth1');

  const held = (address: string, text: RegExp) =>
    until(
      () => new Herald(worker()).peer(address),
      (peer) => peer['last-down']?.kind === 'held' && text.test(peer['last-down'].text),
      { what: `${address} to be held: ${text}` },
    );

  async function restart(argv: readonly string[] = run): Promise<void> {
    await new Herald(worker()).stop();
    worker().start('herald', argv);
    await until(
      () => worker().attempt(['herald', 'peers']),
      ({ code }) => code === 0,
      { what: 'the daemon' },
    );
  }

  /** Another router on the same link: one of the same node, with an address of its own, that advertises itself. */
  async function stranger(): Promise<void> {
    const ip = (line: string) => router().exec(['ip', ...line.split(' ')]);
    await ip('link add stranger link eth1 type macvlan mode bridge');
    await ip('link set stranger up');
    await tor().vtysh('configure terminal', 'interface stranger', 'no ipv6 nd suppress-ra', 'ipv6 nd ra-interval 1');
  }

  test('a stranger that advertises itself costs nothing: the session is as it was, and the log says so', async () => {
    const { connectionsEstablished } = await established();
    await stranger();
    await until(
      () => worker().logs(),
      (logs) => logs.includes('another router on the link is not the peer'),
      {
        what: 'a word of the stranger',
      },
    );
    expect(await tor().neighbor('eth1')).toMatchObject({ bgpState: 'Established', connectionsEstablished });
  });

  test('two routers from the start: no session with either, both are named, and it begins when one has gone', async () => {
    await restart();
    const peer = await held(eth1, /2 routers on eth1: fe80::\S+, fe80::/);
    expect(peer['session-state']).toBe('idle');
    expect((await tor().neighbor('eth1')).bgpState).not.toBe('Established');
    await router().exec(['ip', 'link', 'del', 'stranger']);
    await tor().established('eth1');
  });

  test('without the permission to send router advertisements: no session, and the status says what is missing', async () => {
    await restart(['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw', ...run]);
    const peer = await held(eth1, /CAP_NET_RAW/);
    expect([peer['session-state'], peer.counters['opens-sent']]).toEqual(['idle', 0]);
    expect((await tor().neighbor('eth1')).bgpState).not.toBe('Established');
    await restart();
    expect(await established()).toMatchObject({ bgpState: 'Established' });
  });

  test('an interface that is not there, comes and vanishes: held each time, and the other peer does not notice', async () => {
    const { connectionsEstablished } = await tor().neighbor('eth1');
    worker().write(
      '/etc/herald/more.yaml',
      'lab: { name: more, localASN: 65002, routerID: 10.255.1.2, peers: [{ name: none, peerInterface: gone0 }] }\n',
    );
    worker().process('herald').signal('SIGHUP');
    type Peers = readonly { readonly 'session-state': string; readonly 'last-down'?: { readonly text: string } }[];
    const isMissing = (missing: boolean) =>
      until(
        () => worker().json<Peers>(['herald', 'peers', '--instance', 'more', '-o', 'json']),
        ([peer]) => (peer?.['last-down']?.text === 'there is no interface gone0') === missing,
        { what: `gone0 ${missing ? 'not to be there' : 'to be seen'}` },
      );
    await isMissing(true);
    await worker().exec(['ip', 'link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1']);
    for (const name of ['gone0', 'gone1']) await worker().exec(['ip', 'link', 'set', name, 'up']);
    await isMissing(false);
    await worker().exec(['ip', 'link', 'del', 'gone0']);
    expect((await isMissing(true))[0]?.['session-state']).toBe('idle');
    expect(await tor().neighbor('eth1')).toMatchObject({ bgpState: 'Established', connectionsEstablished });
  });
});
