import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack, workers } from './rack/addresses.ts';

describe.each(frrVersions)('pod prefixes of two nodes, IPv6 only, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test('both sessions are established', async () => {
    const tor = new Frr(lab().node('tor'));
    const neighbors = await Promise.all(workers.map(({ address }) => tor.established(address)));
    expect(neighbors).toMatchObject([
      { remoteAs: 65001, remoteRouterId: '10.255.1.1', bgpTimerHoldTimeMsecs: 9000 },
      { remoteAs: 65002, remoteRouterId: '10.255.1.2', bgpTimerHoldTimeMsecs: 9000 },
    ]);
  });

  test('the router has exactly what each node announces', async () => {
    const tor = new Frr(lab().node('tor'));
    await new Herald(lab().node('worker1')).advertise([rack.worker1.pods]);
    await new Herald(lab().node('worker2')).advertise([rack.worker2.pods]);
    const rib = await until(
      () => tor.rib(),
      (routes) => workers.every(({ pods }) => routes[pods]?.some(({ bestpath }) => bestpath)),
      { what: 'both pod prefixes in the RIB' },
    );
    expect(Object.keys(rib).toSorted()).toEqual(workers.map(({ pods }) => pods));
    for (const { pods, asn, address } of workers) {
      expect(rib[pods]).toMatchObject([
        { valid: true, bestpath: true, path: String(asn), origin: 'IGP', peerId: address },
      ]);
    }
  });

  test('the next hop is the node, global and link-local', async () => {
    const tor = new Frr(lab().node('tor'));
    for (const { pods, address } of workers) {
      const [path] = await tor.paths(pods);
      expect(path?.nexthops).toContainEqual(
        expect.objectContaining({ ip: address, scope: 'global', accessible: true }),
      );
      expect(path?.nexthops).toContainEqual(expect.objectContaining({ scope: 'link-local', used: true }));
    }
  });

  test('the kernel of the router forwards each prefix to its node', async () => {
    const tor = new Frr(lab().node('tor'));
    const kernel = await until(
      () => tor.kernel(),
      (routes) => Object.keys(routes).length >= workers.length,
      { what: 'both pod prefixes in the kernel' },
    );
    expect(Object.keys(kernel).toSorted()).toEqual(workers.map(({ pods }) => pods));
    expect(workers.map(({ pods }) => kernel[pods]?.map(({ dev }) => dev))).toEqual([['eth1'], ['eth2']]);
  });

  test('traffic flows from the client to each pod address, and back', async () => {
    const client = lab().node('client');
    for (const name of ['worker1', 'worker2']) await serve(lab().node(name));
    for (const [index, { pod }] of workers.entries()) {
      const worker = lab().node(`worker${index + 1}`);
      await until(
        () => fetchFrom(client, pod),
        ([answer]) => answer === worker.name,
        { what: `an answer from ${pod}` },
      );
      await client.exec(['ping', '-6', '-c', '1', '-W', '10', pod]);
      await worker.exec(['ping', '-6', '-c', '1', '-W', '10', '-I', pod, rack.client]);
    }
    expect(await fetchFrom(lab().node('worker1'), rack.worker2.pod, 1, rack.worker1.pod)).toEqual(['worker2']);
  });

  test('a withdrawn prefix is out of the RIB and the kernel at once', async () => {
    const tor = new Frr(lab().node('tor'));
    await new Herald(lab().node('worker1')).withdraw([rack.worker1.pods]);
    await until(
      async () => [Object.keys(await tor.rib()), Object.keys(await tor.kernel())],
      ([rib = [], kernel = []]) => !rib.includes(rack.worker1.pods) && !kernel.includes(rack.worker1.pods),
      { what: `${rack.worker1.pods} to be gone`, within: atOnce },
    );
    expect(await tor.prefixesFrom(rack.worker2.address)).toEqual([rack.worker2.pods]);
  });
});
