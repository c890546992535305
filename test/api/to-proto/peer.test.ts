import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toNeighbor } from '../../../src/api/from-proto/neighbor.ts';
import { fromPeer } from '../../../src/api/to-proto/peer.ts';
import { PeerState } from '../../../src/gen/herald/v1/types.ts';
import { Address } from '../../../src/ip/address.ts';
import { ipv4Unicast } from '../../../src/wire/family.ts';
import { neighbor } from '../../speaker/support.ts';
import { type Rig, rig, routerAddress } from '../rig.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

/** As it comes out at the other end. */
const sent = (extra: object = {}) => {
  const [peer] = at.node.peers();
  if (peer === undefined) throw new Error('there is no peer');
  return PeerState.decode(PeerState.encode(fromPeer({ ...peer, ...extra }, 65001)).finish());
};

describe('the state of a peer', () => {
  test('has what was configured, as it could be configured again', () => {
    const full = neighbor(1, {
      name: 'router',
      address: routerAddress,
      asn: 0,
      timers: { connectRetry: 7, holdTime: 0, keepaliveInterval: 1, delayOpen: 2 },
      transport: { localAddress: Address.parse('2001:db8::1'), localPort: 1179, remotePort: 1790, passive: true },
      families: [ipv4Unicast],
      addPaths: [{ family: ipv4Unicast, mode: 'receive' }],
      nextHop: { kind: 'both' },
      defaultExportAction: 'reject',
    });
    for (const configured of [full, { ...neighbor(1), name: 'router', address: routerAddress }]) {
      at.node.updateNeighbor(configured);
      expect(toNeighbor(sent().neighbor)).toEqual(configured);
    }
  });

  test('has both ends of the connection while there is one', () => {
    expect(sent()).toMatchObject({ localAddress: '', localPort: 0, remotePort: 0 });
    at.establish();
    expect(sent()).toMatchObject({ localAddress: '2001:db8::1', remotePort: 179 });
    expect(sent().localPort).toBe(at.node.peer(routerAddress)?.negotiated?.local.port ?? -1);
  });

  test('has the timers of a session that is up', () => {
    at.establish();
    const { timers = {} } = at.node.peers()[0] ?? {};
    const { runningTimersNanoseconds: running } = sent();
    expect(Object.keys(running).toSorted()).toEqual(Object.keys(timers).toSorted());
    expect(Number(running['hold'])).toBeGreaterThan(3e9);
    expect(Number(running['hold'])).toBeLessThanOrEqual(9e9);
  });

  test('has what its timers have left, to the millisecond, and what TCP has not taken', () => {
    expect(sent({ timers: { hold: 8999.5, 'send-hold': 0 }, pending: 12345 })).toMatchObject({
      runningTimersNanoseconds: { hold: 9_000_000_000n, 'send-hold': 0n },
      pendingBytes: 12345n,
    });
  });
});
