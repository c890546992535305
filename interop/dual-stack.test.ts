import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack } from './rack/addresses.ts';

const { address, pods, pods4, pod, pod4 } = rack.worker1;

describe.each(frrVersions)('IPv4 and IPv6 prefixes over one IPv6 session (RFC 8950), FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test('both families are negotiated, with IPv6 next hops for IPv4', async () => {
    const { neighborCapabilities } = await new Frr(lab().node('tor')).established(address);
    expect(neighborCapabilities).toMatchObject({
      multiprotocolExtensions: {
        ipv4Unicast: { advertisedAndReceived: true },
        ipv6Unicast: { advertisedAndReceived: true },
      },
      extendedNexthop: 'advertisedAndReceived',
    });
  });

  test('the router takes both, and IPv4 has an IPv6 next hop in its kernel', async () => {
    const tor = new Frr(lab().node('tor'));
    await new Herald(lab().node('worker1')).advertise([pods, pods4]);
    const kernel4 = await until(
      () => tor.kernel('ipv4'),
      (routes) => routes[pods4] !== undefined,
      { what: `${pods4} in the kernel` },
    );
    expect(kernel4[pods4]).toEqual([{ gateway: expect.stringContaining(':'), dev: 'eth1' }]);
    await until(
      () => tor.kernel(),
      (routes) => routes[pods] !== undefined,
      { what: `${pods} in the kernel` },
    );
    expect(await tor.prefixesFrom(address, 'ipv4')).toEqual([pods4]);
    expect(await tor.prefixesFrom(address, 'ipv6')).toEqual([pods]);
  });

  test('traffic flows in both families', async () => {
    const client = lab().node('client');
    await serve(lab().node('worker1'));
    await until(
      () => fetchFrom(client, pod4),
      ([answer]) => answer !== 'failed',
      { what: `an answer from ${pod4}` },
    );
    expect(await fetchFrom(client, pod4, 8)).toEqual(Array.from({ length: 8 }, () => 'worker1'));
    expect(await fetchFrom(client, pod, 8)).toEqual(Array.from({ length: 8 }, () => 'worker1'));
  });

  test('a withdrawal in one family leaves the other', async () => {
    const tor = new Frr(lab().node('tor'));
    await new Herald(lab().node('worker1')).withdraw([pods4]);
    await until(
      () => tor.prefixesFrom(address, 'ipv4'),
      (prefixes) => prefixes.length === 0,
      { what: `${pods4} to be gone`, within: atOnce },
    );
    expect(await tor.prefixesFrom(address, 'ipv6')).toEqual([pods]);
  });
});
