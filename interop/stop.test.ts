import { describe, expect, test } from 'vitest';
import { Capture } from './lab/capture.ts';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, asn, pods } = rack.worker1;
const prefixes = [pods, `${rack.vip}/128`, '2001:db8:1:2::/63'];

describe.each(frrVersions)('from the first UPDATE to a clean stop, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const capture = () => new Capture(lab().node('tor'), 'eth1');

  test('the router shows the communities that we attach', async () => {
    const tor = new Frr(lab().node('tor'));
    await tor.established(address);
    await capture().start();
    const communities = ['--community', '65001:100', '--community', 'no-export', '--large-community', '65001:1:2'];
    await new Herald(lab().node('worker1')).advertise(prefixes, ...communities);
    await until(
      () => tor.prefixesFrom(address),
      (found) => found.length === prefixes.length,
      { what: 'all prefixes' },
    );
    for (const prefix of prefixes) {
      const [path] = await tor.paths(prefix);
      expect(path?.community?.list).toEqual(['65001:100', 'noExport']);
      expect(path?.largeCommunity?.list).toEqual(['65001:1:2']);
    }
  });

  test('a clean stop is a Cease with our words, and the routes are gone at once', async () => {
    const tor = new Frr(lab().node('tor'));
    expect(await new Herald(lab().node('worker1')).stop()).toBe(0);
    const neighbor = await until(
      () => tor.neighbor(address),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session', within: atOnce },
    );
    expect(neighbor).toMatchObject({
      lastErrorCodeSubcode: '0602',
      lastNotificationReason: 'Cease/Administrative Shutdown',
      lastShutdownDescription: 'herald stops (SIGTERM)',
    });
    await until(
      () => tor.prefixesFrom(address),
      (found) => found.length === 0,
      { what: 'no routes of ours', within: atOnce },
    );
  });

  test('tshark reads in our UPDATEs what we announced, and nothing malformed', async () => {
    const [cease] = await until(
      () => capture().fields(`ipv6.src == ${address} && bgp.type == 3`, ['tcp.stream']),
      (found) => found.length > 0,
      { what: 'the Cease in the capture' },
    );
    await capture().stop();
    // The session alone: each later connection is the router dialing again, which the kernel refuses with the RST that tshark warns of.
    const ours = `ipv6.src == ${address} && tcp.stream == ${cease?.['tcp.stream']}`;
    expect(
      await capture().fields(`${ours} && (_ws.malformed || _ws.expert.severity >= 0x600000)`, ['frame.number']),
    ).toEqual([]);

    const updates = await capture().fields(`${ours} && bgp.mp_reach_nlri_ipv6_prefix`, [
      'bgp.mp_reach_nlri_ipv6_prefix',
      'bgp.prefix_length',
      'bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6',
      'bgp.update.path_attribute.as_path_segment.as4',
      'bgp.update.path_attribute.community_as',
      'bgp.update.path_attribute.community_value',
      'bgp.update.path_attribute.community_wellknown',
      'bgp.large_communities.ga',
      'bgp.large_communities.ldp1',
      'bgp.large_communities.ldp2',
    ]);
    const announced = updates.flatMap((update) =>
      (update['bgp.mp_reach_nlri_ipv6_prefix'] ?? []).map(
        (prefix, i) => `${prefix}/${update['bgp.prefix_length']?.[i]}`,
      ),
    );
    expect(announced.toSorted()).toEqual(prefixes.toSorted());
    for (const update of updates) {
      expect(update).toMatchObject({
        'bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6': [address],
        'bgp.update.path_attribute.as_path_segment.as4': [String(asn)],
        'bgp.update.path_attribute.community_as': ['65001'],
        'bgp.update.path_attribute.community_value': ['100'],
        'bgp.update.path_attribute.community_wellknown': ['0xffffff01'],
        'bgp.large_communities.ga': ['65001'],
        'bgp.large_communities.ldp1': ['1'],
        'bgp.large_communities.ldp2': ['2'],
      });
    }
  });

  test('tshark reads the Cease', async () => {
    const [notification] = await capture().fields(`ipv6.src == ${address} && bgp.type == 3`, [
      'bgp.notify.major_error',
      'bgp.notify.minor_error_cease',
    ]);
    expect(notification).toMatchObject({ 'bgp.notify.major_error': ['6'], 'bgp.notify.minor_error_cease': ['2'] });
  });
});
