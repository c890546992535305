import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { linkLocal } from './lab/links.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack } from './rack/addresses.ts';

/** What the peer is known by. */
const eth1 = 'fe80::%eth1';
const { pods, pod } = rack.worker1;

describe.each(frrVersions)('a node on a port without addresses, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'unnumbered.clab.yml', { FRR: version });

  test('each finds the other by the interface alone', async () => {
    const tor = new Frr(lab().node('tor'));
    expect(await tor.established('eth1')).toMatchObject({ remoteAs: 65001, remoteRouterId: '10.255.1.1' });
    const peer = await new Herald(lab().node('worker1')).peer(eth1);
    expect(peer['remote-address']).toBe(`${await linkLocal(lab().node('tor'))}%eth1`);
  });

  test('the pods are in the router’s kernel, behind the link-local address of the node, with traffic both ways', async () => {
    const tor = new Frr(lab().node('tor'));
    const worker = lab().node('worker1');
    await new Herald(worker).advertise([pods]);
    const gateway = await linkLocal(worker);
    const kernel = await until(
      () => tor.kernel(),
      (routes) => routes[pods] !== undefined,
      { what: `${pods} in the kernel` },
    );
    expect(kernel[pods]).toEqual([{ gateway, dev: 'eth1' }]);
    await serve(worker);
    await until(
      () => fetchFrom(lab().node('client'), pod),
      ([answer]) => answer === 'worker1',
      { what: `an answer from ${pod}` },
    );
    await worker.exec(['ping', '-6', '-c', '1', '-W', '10', '-I', pod, rack.client]);
  });

  test('the node says at once that its interface is down, and is back when it is up', async () => {
    const worker = lab().node('worker1');
    const herald = new Herald(worker);
    const before = await herald.peer(eth1);
    await worker.exec(['ip', 'link', 'set', 'eth1', 'down']);
    const down = await until(
      () => herald.peer(eth1),
      (peer) => peer['session-state'] === 'idle',
      { what: 'the session to be down', within: atOnce },
    );
    expect(down['last-down']?.text).toBe('interface eth1 is down');
    const tor = new Frr(lab().node('tor'));
    await until(
      () => tor.kernel(),
      (routes) => routes[pods] === undefined,
      { what: `${pods} to be gone`, within: atOnce },
    );
    await worker.exec(['ip', 'link', 'set', 'eth1', 'up']);
    await tor.established('eth1');
    await until(
      () => tor.kernel(),
      (routes) => routes[pods] !== undefined,
      { what: `${pods} to be back` },
    );
    expect((await herald.peer(eth1)).counters['established']).toBeGreaterThan(before.counters['established'] ?? 0);
  });

  test('a router with another address is found again, and has the routes', async () => {
    const node = lab().node('tor');
    const tor = new Frr(node);
    const old = await linkLocal(node);
    await node.exec(['ip', 'link', 'set', 'eth1', 'down']);
    await node.exec(['ip', 'link', 'set', 'eth1', 'address', '02:00:5e:10:00:99']);
    await node.exec(['ip', 'link', 'set', 'eth1', 'up']);
    const herald = new Herald(lab().node('worker1'));
    // The kernel may have nothing to tell of so short a time without carrier: then the old session is still there for a while.
    const peer = await until(
      () => herald.peer(eth1),
      (state) => state['session-state'] === 'established' && state['remote-address'] !== `${old}%eth1`,
      { what: 'a session with the other address' },
    );
    expect(peer['remote-address']).toBe(`${await linkLocal(node)}%eth1`);
    await until(
      () => tor.kernel(),
      (routes) => routes[pods] !== undefined,
      { what: `${pods} to be back` },
    );
  });
});
