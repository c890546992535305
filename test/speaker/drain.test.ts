import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { PeerEvent } from '../../src/speaker/types.ts';
import { runs } from '../runs.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf, withdraw } from './support.ts';

const gracefulShutdown = 0xffff0000;
const pods = '2001:db8:a:1::/64';

/** A node with two routers above it, of other ASes or of its own. */
async function rack(options: { readonly internal?: boolean } = {}) {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  const asn = options.internal === true ? { asn: 65001 } : {};
  const routers = [await lab.speaker(2, asn), await lab.speaker(3, asn)] as const;
  for (const [index, router] of routers.entries()) {
    node.addNeighbor(neighbor(index + 2, asn));
    router.addNeighbor(neighbor(1));
  }
  const isUp = () => routers.every((router) => stateOf(router, 1) === 'established');
  expect(lab.until(isUp)).toBe(true);
  lab.clock.advance(100);
  const received = (router: Speaker) => tableOf(router, { table: 'adj-rib-in', neighbor: addressOf(1) });
  return { lab, node, routers, received };
}

describe('a drain', () => {
  test('adds GRACEFUL_SHUTDOWN to what is announced, then withdraws it, and leaves the session alone', async () => {
    const { lab, node, routers, received } = await rack();
    advertise(node, [pods], { communities: [5] });
    node.drain({ wait: 10 });
    lab.clock.advance(9_000);
    for (const router of routers)
      expect(received(router)).toMatchObject({ [pods]: { attributes: { communities: [5, gracefulShutdown] } } });
    expect(node.drainState).toMatchObject({ phase: 'draining' });
    lab.clock.advance(2_000);
    for (const router of routers) {
      expect(received(router)).toEqual({});
      expect(stateOf(router, 1)).toBe('established');
      expect(router.peer(addressOf(1))?.counters.established).toBe(1);
    }
    expect(node.peer(addressOf(2))).toMatchObject({ drain: { phase: 'drained' }, families: [{ advertised: 0 }] });
  });

  test('has LOCAL_PREF 0 on internal sessions (RFC 8326, 4), whatever the path had', async () => {
    const { lab, node, routers, received } = await rack({ internal: true });
    advertise(node, [pods], { localPref: 300 });
    node.drain({ wait: 10 });
    lab.clock.advance(1000);
    expect(received(routers[0])).toMatchObject({
      [pods]: { attributes: { localPref: 0, communities: [gracefulShutdown] } },
    });
    node.undrain();
    lab.clock.advance(1000);
    expect(received(routers[0])).toMatchObject({ [pods]: { attributes: { localPref: 300 } } });
  });

  test('sends an external peer no LOCAL_PREF', async () => {
    const { lab, node, routers, received } = await rack();
    advertise(node, [pods]);
    node.drain({ wait: 10 });
    lab.clock.advance(1000);
    expect(received(routers[0])).not.toMatchObject({ [pods]: { attributes: { localPref: expect.anything() } } });
  });

  test('waits 15 seconds where nobody says how long', async () => {
    const { lab, node } = await rack();
    node.drain();
    lab.clock.advance(14_900);
    expect(node.drainState?.phase).toBe('draining');
    lab.clock.advance(200);
    expect(node.drainState?.phase).toBe('drained');
  });

  test('of one peer concerns no other, and comes with what is advertised meanwhile', async () => {
    const { lab, node, routers, received } = await rack();
    node.drain({ address: addressOf(2), wait: 10 });
    advertise(node, [pods]);
    lab.clock.advance(1000);
    expect(received(routers[0])).toMatchObject({ [pods]: { attributes: { communities: [gracefulShutdown] } } });
    expect(received(routers[1])).not.toMatchObject({ [pods]: { attributes: { communities: expect.anything() } } });
    lab.clock.advance(10_000);
    expect(received(routers[0])).toEqual({});
    expect(Object.keys(received(routers[1]))).toEqual([pods]);
    expect(node.peer(addressOf(3))?.drain).toBeUndefined();
  });

  test('outlives a session, another configuration of the peer, and reaches peers that are added', async () => {
    const { lab, node, routers, received } = await rack();
    advertise(node, [pods]);
    node.drain({ wait: 0 });
    node.resetNeighbor(addressOf(2), { soft: 'none' });
    node.updateNeighbor(
      neighbor(3, { timers: { connectRetry: 10, holdTime: 30, keepaliveInterval: 10, delayOpen: 0 } }),
    );
    const late = await lab.speaker(4);
    late.addNeighbor(neighbor(1));
    node.addNeighbor(neighbor(4));
    const all = [...routers, late];
    expect(lab.until(() => all.every((router) => stateOf(router, 1) === 'established'))).toBe(true);
    lab.clock.advance(30_000);
    for (const router of all) expect(received(router)).toEqual({});
    node.undrain();
    lab.clock.advance(100);
    for (const router of all) expect(Object.keys(received(router))).toEqual([pods]);
  });

  test('asked for again waits anew; once the routes are withdrawn they stay so', async () => {
    const { lab, node } = await rack();
    node.drain({ wait: 10 });
    lab.clock.advance(9_000);
    node.drain({ wait: 10 });
    lab.clock.advance(9_000);
    expect(node.drainState?.phase).toBe('draining');
    lab.clock.advance(2_000);
    node.drain({ wait: 10 });
    expect(node.drainState?.phase).toBe('drained');
  });

  test('of the instance can not be ended for one peer, and its end is the end for all', async () => {
    const { node } = await rack();
    node.drain({ address: addressOf(2) });
    node.drain();
    expect(() => node.undrain({ address: addressOf(2) })).toThrow(/whole instance is drained/);
    node.undrain();
    expect(node.peers().map(({ drain }) => drain)).toEqual([undefined, undefined]);
    expect(() => node.drain({ address: addressOf(9) })).toThrow(/there is no peer/);
  });

  test('of a peer that is removed is forgotten', async () => {
    const { lab, node } = await rack();
    node.drain({ address: addressOf(2), wait: 10 });
    node.removeNeighbor(addressOf(2));
    lab.clock.advance(20_000);
    node.addNeighbor(neighbor(2));
    expect(node.peer(addressOf(2))?.drain).toBeUndefined();
  });

  test('is told to those who watch peers, each step', async () => {
    const { lab, node } = await rack();
    const phases: (string | undefined)[] = [];
    node.watchPeers(({ peer }: PeerEvent) => {
      if (peer.neighbor.address.equals(addressOf(2))) phases.push(peer.drain?.phase);
    });
    node.drain({ wait: 5 });
    lab.clock.advance(6_000);
    node.undrain();
    expect(phases).toEqual(['draining', 'drained', undefined]);
  });
});

const prefixOf = (i: number) => `2001:db8:a:${i.toString(16)}::/64`;
const prefixes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 });

test('a drain and its end leave every peer the table that it would have had without', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constantFrom('advertise', 'withdraw'), prefixes }),
          fc.record({ do: fc.constantFrom('drain', 'undrain'), host: fc.constantFrom(undefined, 2, 3) }),
          fc.record({ do: fc.constant('wait'), milliseconds: fc.integer({ min: 0, max: 8_000 }) }),
        ),
        { maxLength: 25 },
      ),
      async (steps) => {
        const { lab, node, routers, received } = await rack();
        for (const step of steps) {
          if ('prefixes' in step) (step.do === 'advertise' ? advertise : withdraw)(node, step.prefixes.map(prefixOf));
          else if ('milliseconds' in step) lab.clock.advance(step.milliseconds);
          else {
            const target = step.host === undefined ? {} : { address: addressOf(step.host) };
            if (step.do === 'drain') node.drain({ ...target, wait: 5 });
            else if (step.host === undefined || node.drainState === undefined) node.undrain(target);
          }
        }
        node.undrain();
        lab.clock.advance(1000);
        const origin = Object.keys(tableOf(node));
        for (const router of routers) {
          const table = received(router);
          expect(Object.keys(table)).toEqual(origin);
          for (const route of Object.values(table))
            expect(route).toMatchObject({ attributes: { asPath: [{ type: 'sequence', asns: [65001] }] } });
          expect(JSON.stringify(table)).not.toContain('communities');
        }
      },
    ),
    { numRuns: Math.ceil(runs / 100) },
  );
});

describe('a stop with full destroy', () => {
  test('withdraws, then says Cease with the text', async () => {
    const { lab, node, routers } = await rack();
    advertise(node, [pods]);
    lab.clock.advance(100);
    const told: string[] = [];
    const [router] = routers;
    router.watchRoutes({ table: 'adj-rib-in' }, (events) => told.push(...events.map(({ type }) => type)));
    router.watchPeers((event) => {
      if (event.type === 'down') told.push(event.reason.text);
    });
    await node.stop({ fullDestroy: true, text: 'maintenance' });
    lab.clock.advance(100);
    expect(told).toEqual(['withdrawn', expect.stringContaining('maintenance')]);
  });

  test('does not wait for a peer that takes nothing for longer than two seconds', async () => {
    const { lab, node, routers } = await rack();
    advertise(node, [pods]);
    lab.clock.advance(100);
    lab.network.cut(addressOf(1), addressOf(2));
    const nlri = Array.from({ length: 256 }, (_, i) => `2001:db8:${(i + 256).toString(16)}::/48`);
    for (let round = 0; round < 400; round++) advertise(node, nlri, { med: round });
    let stopped = false;
    const end = node.stop({ fullDestroy: true, text: 'maintenance' }).then(() => {
      stopped = true;
    });
    lab.clock.advance(1_900);
    await Promise.resolve();
    expect(stopped).toBe(false);
    expect(stateOf(routers[1], 1)).toBe('established');
    lab.clock.advance(200);
    await end;
    lab.clock.advance(100);
    expect(stateOf(routers[1], 1)).not.toBe('established');
    expect(node.peer(addressOf(2))?.sessionState).toBe('idle');
    expect(routers[1].peer(addressOf(1))?.lastDown?.reason.text).toContain('maintenance');
  });
});
