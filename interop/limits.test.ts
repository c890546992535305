import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { worker1, worker2 } = rack;
const networks = ['2001:db8:f:1::/64', '2001:db8:f:2::/64'] as const;

/** What a node's file says of its only peer, the router. */
function configuration({ asn, tor }: typeof worker1 | typeof worker2, fields: readonly string[]): string {
  return `instances:
  - name: rack
    localASN: ${asn}
    routerID: 10.255.1.${asn - 65000}
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${tor}"
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
${fields.map((field) => `        ${field}\n`).join('')}`;
}

describe.each(frrVersions)('what a session may be, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));

  const configure = (name: 'worker1' | 'worker2', ...fields: readonly string[]) =>
    new Herald(lab().node(name)).configure(configuration(rack[name], fields));
  const peer = () => new Herald(lab().node('worker1')).peer(worker1.tor);

  test('a peer that is shut down: the router shows our text, and has the session again afterwards', async () => {
    await tor().established(worker1.address);
    const since = tor().logEnd;
    await configure('worker1', 'adminDown: new optics, back at noon');
    expect(await tor().notified(worker1.address, '6/2', since)).toContain('"new optics, back at noon"');
    expect((await tor().neighbor(worker1.address)).bgpState).not.toBe('Established');
    expect(await peer()).toMatchObject({
      'session-state': 'idle',
      'last-down': { text: 'administratively down: new optics, back at noon' },
    });
    await configure('worker1');
    expect(await tor().established(worker1.address)).toMatchObject({ bgpState: 'Established' });
  });

  test('a prefix too many: Cease 6/1 at the router, and the session comes back when it fits', async () => {
    const announce = networks.map((network) => `network ${network}`);
    await tor().configureBgp(rack.asn, 'no bgp network import-check', 'address-family ipv6 unicast', ...announce);
    const since = tor().logEnd;
    await configure('worker1', 'maximumPrefixes: [{ family: ipv6/unicast, limit: 1, restartSeconds: 2 }]');
    await until(
      peer,
      (state) => /more than 1 prefixes of ipv6\/unicast: begins again after 2 s/.test(state['last-down']?.text ?? ''),
      { what: 'our own status' },
    );
    expect(await tor().notified(worker1.address, '6/1', since)).toContain('Maximum Number of Prefixes Reached');
    await tor().configureBgp(rack.asn, 'address-family ipv6 unicast', `no network ${networks[1]}`);
    await until(
      peer,
      (state) => state['session-state'] === 'established' && state.families.some(({ received }) => received === 1),
      { what: 'the session with one prefix' },
    );
    await configure('worker1');
  });

  test('roles that do not fit: Role Mismatch at the router; with the right one the session is up', async () => {
    await configure('worker1', 'role: customer', 'roleStrict: true');
    await tor().configureBgp(rack.asn, `neighbor ${worker1.address} local-role customer`);
    await until(
      () => tor().neighbor(worker1.address),
      ({ bgpState, lastErrorCodeSubcode }) => bgpState !== 'Established' && lastErrorCodeSubcode === '020B',
      { what: 'Role Mismatch at the router' },
    );
    await until(peer, (state) => /must be provider/.test(state['last-down']?.text ?? ''), { what: 'our own status' });
    await tor().configureBgp(rack.asn, `neighbor ${worker1.address} local-role provider strict-mode`);
    expect(await tor().established(worker1.address)).toMatchObject({ remoteRole: 'customer' });
  });

  test('a route leak: what worker2 may only send down comes back up through the router, and is dropped and counted', async () => {
    await tor().configureBgp(
      rack.asn,
      `no neighbor ${worker1.address} local-role provider strict-mode`,
      `neighbor ${worker2.address} local-role customer`,
    );
    await configure('worker1', 'role: provider');
    await configure('worker2', 'role: provider');
    await Promise.all([worker1, worker2].map(({ address }) => tor().established(address)));
    await new Herald(lab().node('worker2')).advertise([worker2.pods]);
    await until(peer, ({ families }) => families.some(({ received, leaked }) => received === 1 && leaked === 1), {
      what: 'one route, and the leak',
    });
    expect(await new Herald(lab().node('worker1')).received(worker1.tor)).toEqual([networks[0]]);
  });
});
