import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, messages, rpc, type UnaryMethod } from '../../../src/api/client.ts';
import {
  AddNeighborRequest,
  PeerEventType,
  ResetNeighborRequest,
  UpdateNeighborRequest,
} from '../../../src/gen/herald/v1/router_service.ts';
import { Role } from '../../../src/gen/herald/v1/types.ts';
import { ipv6Unicast } from '../../../src/wire/family.ts';
import { type Rig, rig, routerAddress } from '../rig.ts';
import { refusal, violations } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
  return call(at.client, method, request);
}

describe('neighbors', () => {
  test.each([
    [{ interface: 'eth1' }, 'fe80::%eth1', 'eth1', ''],
    [{ address: 'fe80::%eth1' }, 'fe80::%eth1', 'eth1', ''],
    [{ address: 'fe80::1', interface: 'eth1' }, 'fe80::1%eth1', 'fe80::1%eth1', 'fe80::1%eth1'],
    [{ address: 'fe80::1%eth1', interface: 'eth1' }, 'fe80::1%eth1', 'fe80::1%eth1', 'fe80::1%eth1'],
  ])('%j is known as %s', async (neighbor, peerAddress, name, remoteAddress) => {
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers.at(-1)).toMatchObject({ peerAddress, name, remoteAddress, neighbor: { address: peerAddress } });
  });

  test('have a source interface and a user timeout', async () => {
    const transport = { sourceInterface: 'lo1', tcpUserTimeoutMilliseconds: 5000 };
    const neighbor = { address: '2001:db8::9', transport };
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers.at(-1)).toMatchObject({ neighbor: { transport }, lastDown: { kind: 'held' } });
    const both = { ...neighbor, transport: { ...transport, localAddress: '2001:db8::1' } };
    expect(await violations(ask(rpc.updateNeighbor, UpdateNeighborRequest.fromPartial({ neighbor: both })))).toEqual([
      'neighbor.transport.local_address: localAddress and sourceInterface exclude each other',
    ]);
  });

  test('tell their state', async () => {
    at.establish();
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers).toHaveLength(1);
    expect(peers[0]).toMatchObject({
      name: 'router',
      peerAddress: '2001:db8::ff',
      peerPort: 179,
      peerAsn: 65000,
      localAsn: 65001,
      sessionState: 'established',
      families: [
        { family: { afi: 'ipv6', safi: 'unicast' }, received: 0n, accepted: 0n, advertised: 0n, looped: 0n, stale: 0n },
      ],
      timers: {
        appliedHoldNanoseconds: 9_000_000_000n,
        appliedKeepAliveNanoseconds: 3_000_000_000n,
        configuredHoldNanoseconds: 9_000_000_000n,
        configuredKeepAliveNanoseconds: 3_000_000_000n,
        connectRetryNanoseconds: 1_000_000_000n,
      },
      peerRouterId: '10.0.0.254',
      localAddress: '2001:db8::1',
      counters: { opensSent: 1n, opensReceived: 1n, established: 1n },
    });
    expect(peers[0]?.uptimeNanoseconds).toBeGreaterThanOrEqual(1_000_000_000n);
    expect(peers[0]?.remoteCapabilities[0]).toEqual({
      name: 'multiprotocol',
      text: 'multiprotocol ipv6/unicast',
      raw: Buffer.from([1, 4, 0, 2, 0, 1]),
    });
  });

  test('are added with defaults, updated and removed', async () => {
    const neighbor = { address: '2001:db8::2', asn: 65002 };
    const request = AddNeighborRequest.fromPartial({ neighbor });
    await ask(rpc.addNeighbor, request);
    expect(at.node.peers()[1]?.neighbor).toMatchObject({
      name: '2001:db8::2',
      timers: { connectRetry: 120, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
      transport: { remotePort: 179, passive: false },
      defaultExportAction: 'accept',
      defaultImportAction: 'reject',
    });
    expect((await refusal(ask(rpc.addNeighbor, request))).code).toBe(status.ALREADY_EXISTS);
    await ask(
      rpc.updateNeighbor,
      AddNeighborRequest.fromPartial({ neighbor: { ...neighbor, timers: { holdTime: 0 } } }),
    );
    expect(at.node.peers()[1]?.neighbor.timers.holdTime).toBe(0);
    await ask(rpc.removeNeighbor, { instance: '', peerAddress: '2001:db8::2' });
    expect(at.node.peers()).toHaveLength(1);
    expect((await refusal(ask(rpc.removeNeighbor, { instance: '', peerAddress: '2001:db8::2' }))).code).toBe(
      status.NOT_FOUND,
    );
  });

  test('take limits, a role and a shutdown, and tell them', async () => {
    const neighbor = {
      address: '2001:db8::2',
      maximumPrefixes: [
        { family: { afi: 'ipv6', safi: 'unicast' }, limit: 9, warningThreshold: 50, restartSeconds: 60 },
      ],
      role: Role.RS_CLIENT,
      roleStrict: true,
      adminDown: 'new optics',
    };
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers[1]).toMatchObject({
      neighbor,
      sessionState: 'idle',
      lastDown: { kind: 'stopped', text: 'administratively down: new optics' },
    });
    expect(peers[1]?.localCapabilities.map(({ text }) => text)).toContain('role route server client');
  });

  test('take a password and never tell it', async () => {
    const neighbor = { address: '2001:db8::2', authPassword: 'sesame', transport: { ebgpMultihop: 2 } };
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    expect(at.node.peers()[1]?.neighbor.transport.password?.reveal()).toBe('sesame');
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers[1]).toMatchObject({
      tcpPasswordEnabled: true,
      sessionState: 'idle',
      lastDown: { kind: 'held', text: 'this network has no socket options' },
      neighbor: { authPassword: '', transport: { ebgpMultihop: 2, ttlSecurity: false } },
    });
    expect(peers[0]?.tcpPasswordEnabled).toBe(false);
    const told = JSON.stringify(peers, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    expect(told).not.toContain('sesame');
  });

  test('have graceful restart, with defaults, and tell of it', async () => {
    const neighbor = { address: '2001:db8::2', gracefulRestart: { enabled: true, restartTime: 60 } };
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    expect(at.node.peers()[1]?.neighbor.gracefulRestart).toEqual({ restartTime: 60, stalePathTime: 180 });
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers.map((peer) => peer.neighbor?.gracefulRestart)).toEqual([
      undefined,
      { enabled: true, restartTime: 60, stalePathTime: 180, longLived: [] },
    ]);
    const lasting = { ...neighbor, gracefulRestart: { enabled: true, longLived: [longLived] } };
    await ask(rpc.updateNeighbor, AddNeighborRequest.fromPartial({ neighbor: lasting }));
    expect(at.node.peers()[1]?.neighbor.gracefulRestart).toEqual({
      restartTime: 120,
      stalePathTime: 180,
      longLived: [{ family: ipv6Unicast, staleTime: 3600 }],
    });
    const { peers: changed } = await ask(rpc.getPeerState, { instance: '' });
    expect(changed[1]?.neighbor?.gracefulRestart?.longLived).toEqual([longLived]);
  });

  test('take BFD, and say how it does', async () => {
    const neighbor = { address: '2001:db8::2', bfd: { enabled: true, detectionMultiplier: 5 } };
    await ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor }));
    const { peers } = await ask(rpc.getPeerState, { instance: '' });
    expect(peers[1]).toMatchObject({
      neighbor: {
        bfd: {
          enabled: true,
          transmitIntervalMilliseconds: 300,
          receiveIntervalMilliseconds: 300,
          detectionMultiplier: 5,
          strict: false,
        },
      },
      bfd: { state: 'down', diagnostic: 'no diagnostic', remoteState: '', problem: 'BFD is not part of this speaker' },
    });
    expect(peers[0]?.bfd).toBeUndefined();
  });

  const longLived = { family: { afi: 'ipv6', safi: 'unicast' }, staleTime: 3600 };

  test.each<[Parameters<typeof AddNeighborRequest.fromPartial>[0]['neighbor'], string[]]>([
    [undefined, ['neighbor: is required']],
    [{}, ['neighbor.address: is required, unless there is an interface for whichever router is on it']],
    [{ address: 'x' }, ["neighbor.address: 'x' is not an IP address"]],
    [
      { address: '::2', timers: { holdTime: 2 } },
      ['neighbor.timers.hold_time: must be 0 (no hold timer) or at least 3'],
    ],
    [
      { address: '::2', timers: { keepaliveInterval: 91 } },
      ['neighbor.timers: keepAliveTimeSeconds can not be larger than holdTimeSeconds'],
    ],
    [
      { address: '::2', families: [{ afi: 'ipv7', safi: 'unicast' }] },
      ['neighbor.families[0]: there is no family ipv7/unicast'],
    ],
    [{ address: '::2', interface: 'eth1' }, ['neighbor.interface: is for a link-local address, and ::2 is none']],
    [{ address: 'fe80::1%eth0', interface: 'eth1' }, ['neighbor.interface: is not the interface of fe80::1%eth0']],
    [{ interface: 'a/b' }, ['neighbor.interface: must be the name of an interface']],
    [{ address: 'fe80::1' }, ['neighbor.address: a link-local address needs its interface, as in fe80::1%eth0']],
    [
      { address: '::2', transport: { localAddress: '10.0.0.1' } },
      ['neighbor.transport.local_address: must be of the same kind, IPv4 or IPv6, as the peer’s address'],
    ],
    [
      { address: '::2', authPassword: 'sesame'.repeat(14) },
      ['neighbor.auth_password: must be 1 to 80 octets long, for TCP MD5 takes no more'],
    ],
    [
      { address: '::2', transport: { ttlSecurity: true, ebgpMultihop: 2 } },
      ['neighbor.transport.ebgp_multihop: ttlSecurity and ebgpMultihop exclude each other'],
    ],
    [
      { address: '::2', bfd: { enabled: true, detectionMultiplier: 256 } },
      ['neighbor.bfd.detection_multiplier: must be at most 255'],
    ],
    [
      { address: '::2', bfd: { enabled: true }, transport: { ebgpMultihop: 2 } },
      ['neighbor.bfd: bfd and ebgpMultihop exclude each other: BFD is for a neighbor on the link'],
    ],
    [
      { address: '::2', transport: { bindToDevice: 'a/b' } },
      ['neighbor.transport.bind_to_device: must be the name of an interface'],
    ],
    [
      { address: '::2', gracefulRestart: { enabled: true, restartTime: 4096 } },
      ['neighbor.graceful_restart.restart_time: must be at most 4095'],
    ],
    [
      {
        address: '::2',
        families: [{ afi: 'ipv6', safi: 'unicast' }],
        addPaths: [{ family: { afi: 'ipv4', safi: 'unicast' } }],
      },
      ['neighbor.add_paths: ipv4/unicast is not among the families'],
    ],
    [
      { address: '::2', nextHop: 'fe80::1,::1' },
      [
        'neighbor.next_hop: must be auto, global, linkLocal, both, an IPv6 address, or a global and a link-local address with a comma between',
      ],
    ],
    [{ address: '::2', roleStrict: true }, ['neighbor.role_strict: needs a role']],
    [
      { address: '::2', maximumPrefixes: [{ family: { afi: 'ipv6', safi: 'unicast' } }] },
      ['neighbor.maximum_prefixes[0].limit: must be at least 1'],
    ],
    [
      { address: '::2', gracefulRestart: { enabled: true, longLived: [longLived, longLived] } },
      ['neighbor.graceful_restart: longLived: ipv6/unicast is there twice'],
    ],
  ])('%j is refused', async (neighbor, expected) => {
    expect(await violations(ask(rpc.addNeighbor, AddNeighborRequest.fromPartial({ neighbor })))).toEqual(expected);
    expect(at.node.peers()).toHaveLength(1);
  });

  test('are reset, hard with a text', async () => {
    at.establish();
    const request = { peerAddress: `${routerAddress}`, adminCommunication: 'maintenance' };
    await ask(rpc.resetNeighbor, ResetNeighborRequest.fromPartial(request));
    at.clock.advance(100);
    expect(at.router.peers()[0]?.lastDown?.reason.text).toContain('maintenance');
    expect(
      await violations(
        ask(rpc.resetNeighbor, ResetNeighborRequest.fromPartial({ ...request, adminCommunication: 'é'.repeat(128) })),
      ),
    ).toEqual(['admin_communication: must be at most 255 octets of UTF-8']);
    expect(
      await violations(
        ask(rpc.resetNeighbor, ResetNeighborRequest.fromPartial({ ...request, soft: true, hard: true })),
      ),
    ).toEqual(['hard: not of a soft reset']);
  });

  test('are watched: what is there, a marker, what happens', async () => {
    const stream = at.client.watchPeers({ instance: '' });
    const seen: string[] = [];
    for await (const { event } of messages(stream)) {
      if (event?.$case === 'peer') seen.push(`${event.value.type} ${event.value.peer?.sessionState}`);
      else {
        seen.push('snapshot end');
        at.establish();
      }
      if (seen.at(-1)?.endsWith('established')) break;
    }
    expect(seen.slice(0, 2)).toEqual([`${PeerEventType.PRESENT} connect`, 'snapshot end']);
    expect(seen.at(-1)).toBe(`${PeerEventType.STATE_CHANGED} established`);
  });
});
