import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress, pods } = rack.worker1;

describe.each(frrVersions)('what the router sends, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test('its default route is seen', async () => {
    const tor = new Frr(lab().node('tor'));
    const worker = new Herald(lab().node('worker1'));
    await tor.established(address);
    await tor.configureBgp(rack.asn, 'address-family ipv6 unicast', 'neighbor WORKER default-originate');
    const received = await until(
      () => worker.received(torAddress),
      (prefixes) => prefixes.length > 0,
      { what: 'the default route' },
    );
    expect(received).toEqual(['::/0']);
  });

  test('our own routes that it sends back are dropped and counted', async () => {
    const tor = new Frr(lab().node('tor'));
    const worker = new Herald(lab().node('worker1'));
    await worker.advertise([pods]);
    const { families } = await until(
      () => worker.peer(torAddress),
      (peer) => peer.families.some(({ looped }) => looped > 0),
      { what: 'a dropped loop' },
    );
    const sent = (await tor.neighbor(address)).addressFamilyInfo?.['ipv6Unicast']?.sentPrefixCounter;
    const ipv6 = families.find(({ afi }) => afi === 'ipv6');
    expect(ipv6).toMatchObject({ looped: 1 });
    expect((ipv6?.received ?? 0) + (ipv6?.looped ?? 0)).toBe(sent);
    expect(await worker.received(torAddress)).toEqual(['::/0']);
  });

  test('a soft reset at the router makes us send all again, without a flap', async () => {
    const tor = new Frr(lab().node('tor'));
    const before = await tor.neighbor(address);
    await tor.vtysh(`clear bgp ipv6 ${address} soft in`);
    const after = await until(
      () => tor.neighbor(address),
      ({ messageStats }) => messageStats.updatesRecv > before.messageStats.updatesRecv,
      { what: 'updates after the route refresh' },
    );
    expect(after.messageStats.routeRefreshSent).toBeGreaterThan(before.messageStats.routeRefreshSent);
    expect(after.connectionsDropped).toBe(before.connectionsDropped);
    expect(after.bgpState).toBe('Established');
    expect(await tor.prefixesFrom(address)).toEqual([pods]);
  });
});
