import { type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, messages, rpc, type UnaryMethod, violationsOf } from '../../src/api/client.ts';
import {
  AddNeighborRequest,
  AddRoutePolicyRequest,
  AdvertisePathRequest,
  AdvertisePathsRequest,
  GetRoutesRequest,
  GetRoutesResponse,
  PeerEventType,
  ResetNeighborRequest,
  RouteEventType,
  StartInstanceRequest,
  UpdateNeighborRequest,
  WatchRoutesRequest,
  type WatchRoutesResponse,
  WithdrawPathsRequest,
} from '../../src/gen/herald/v1/router_service.ts';
import { Origin, Role, type Route, RouteAction, RoutePolicyType, TableType } from '../../src/gen/herald/v1/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig, routerAddress } from './rig.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
  return call(at.client, method, request);
}

/** The error of a call that must fail. */
async function refusal(answer: Promise<unknown>): Promise<ServiceError> {
  const failed = await answer.then(
    () => undefined,
    (error: unknown) => error as ServiceError,
  );
  if (failed === undefined) throw new Error('the call did not fail');
  return failed;
}

async function violations(answer: Promise<unknown>): Promise<string[]> {
  const error = await refusal(answer);
  expect(error.code).toBe(status.INVALID_ARGUMENT);
  return violationsOf(error.metadata).map(({ field, description }) => `${field}: ${description}`);
}

function advertise(prefix: string, more: Parameters<typeof AdvertisePathRequest.fromPartial>[0] = {}) {
  return ask(rpc.advertisePath, AdvertisePathRequest.fromPartial({ prefix, ...more }));
}

async function routes(request: Parameters<typeof GetRoutesRequest.fromPartial>[0] = {}): Promise<Route[]> {
  const found: Route[] = [];
  for await (const batch of messages(at.client.getRoutes(GetRoutesRequest.fromPartial(request)))) {
    found.push(...batch.routes);
  }
  return found;
}

describe('instances', () => {
  test('are listed, the lab’s too, when none is named', async () => {
    const { instances, version } = await ask(rpc.getBgp, { instance: '' });
    expect(version).toBe('1.2.3');
    expect(instances).toEqual([
      {
        name: 'node',
        lab: false,
        startedAt: new Date('2026-01-01'),
        global: { asn: 65001, routerId: '10.0.0.1', listenPort: undefined, listenAddresses: [] },
      },
      {
        name: 'router',
        lab: true,
        startedAt: new Date('2026-01-01'),
        global: { asn: 65000, routerId: '10.0.0.254', listenPort: 179, listenAddresses: ['2001:db8::ff'] },
      },
    ]);
  });

  test('start and stop', async () => {
    const request = { instance: 'new', global: { asn: 65009, routerId: '10.0.0.9' } };
    await ask(rpc.startInstance, StartInstanceRequest.fromPartial(request));
    expect(at.instances.get('new')?.router.global).toEqual({ asn: 65009, routerId: '10.0.0.9', listenPort: -1 });
    expect((await refusal(ask(rpc.startInstance, StartInstanceRequest.fromPartial(request)))).code).toBe(
      status.ALREADY_EXISTS,
    );
    await ask(rpc.stopInstance, { instance: 'new', fullDestroy: true });
    expect(at.instances.has('new')).toBe(false);
  });

  test('are refused with every fault named', async () => {
    const request = StartInstanceRequest.fromPartial({ instance: 'x', global: { routerId: '::1', listenPort: 70000 } });
    expect(await violations(ask(rpc.startInstance, request))).toEqual([
      'global.asn: must be at least 1',
      'global.router_id: must be a router ID: an IPv4 address other than 0.0.0.0',
      'global.listen_port: must be at most 65535',
    ]);
    expect(await violations(ask(rpc.startInstance, StartInstanceRequest.fromPartial({ instance: 'x' })))).toEqual([
      'global: is required',
    ]);
  });

  test('must be named when there are several, and be there', async () => {
    const global = { asn: 65009, routerId: '10.0.0.9' };
    await ask(rpc.startInstance, StartInstanceRequest.fromPartial({ instance: 'new', global }));
    expect(await refusal(ask(rpc.getPeerState, { instance: '' }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'there are several instances: name one of node, new',
    });
    expect(await refusal(ask(rpc.getPeerState, { instance: 'x' }))).toMatchObject({
      code: status.NOT_FOUND,
      details: 'no instance x; there is node, router, new',
    });
  });
});

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

describe('paths', () => {
  test('are advertised with all they can have, and read back as text and as wire bytes', async () => {
    const { uuid } = await advertise('2001:db8:a::/64', {
      nextHop: '2001:db8::9,fe80::9',
      attributes: {
        origin: Origin.INCOMPLETE,
        asPathPrepend: [65001, 4200000000],
        med: 0,
        localPreference: 200,
        communities: ['65001:100', 'no-export', '1'],
        largeCommunities: ['65001:1:2'],
        extendedCommunities: [Buffer.from('0002fde900000064', 'hex')],
      },
    });
    expect(uuid).toHaveLength(16);
    at.clock.advance(5000);
    expect(await routes()).toEqual([
      {
        prefix: '2001:db8:a::/64',
        paths: [
          {
            family: { afi: 'ipv6', safi: 'unicast' },
            nlri: Buffer.from('4020010db8000a0000', 'hex'),
            pathAttributes: [
              '800e2500020120' + '20010db8000000000000000000000009' + 'fe800000000000000000000000000009' + '00',
              '40010102',
              '40020a0202' + '0000fde9' + 'fa56ea00',
              '80040400000000',
              '400504000000c8',
              'c0080c' + 'fde90064' + 'ffffff01' + '00000001',
              'c010080002fde900000064',
              'c0200c' + '0000fde9' + '00000001' + '00000002',
            ].map((hex) => Buffer.from(hex, 'hex')),
            ageNanoseconds: 5_000_000_000n,
            best: true,
            uuid,
            sourceAsn: 65001,
            pathId: 0,
            nextHops: ['2001:db8::9', 'fe80::9'],
            origin: Origin.INCOMPLETE,
            asPath: '65001 4200000000',
            med: 0,
            localPreference: 200,
            communities: ['65001:100', 'no-export', '0:1'],
            largeCommunities: ['65001:1:2'],
            extendedCommunities: [Buffer.from('0002fde900000064', 'hex')],
          },
        ],
      },
    ]);
  });

  test('of IPv4 have their next hop in NEXT_HOP', async () => {
    await advertise('10.0.0.0/8', { nextHop: '192.0.2.1' });
    const [route] = await routes({ family: { afi: 'ipv4', safi: 'unicast' } });
    expect(route?.paths[0]?.pathAttributes.map((attribute) => attribute.toString('hex'))).toEqual([
      '40010100',
      '400200',
      '400304c0000201',
    ]);
  });

  test('reach the router, whose tables tell what came', async () => {
    at.establish();
    await advertise('2001:db8:a::/64');
    at.clock.advance(100);
    const table = { instance: 'router', tableType: TableType.ADJ_RIB_IN, neighbor: '2001:db8::1' };
    expect(await routes(table)).toMatchObject([
      { prefix: '2001:db8:a::/64', paths: [{ asPath: '65001', nextHops: ['2001:db8::1'], sourceAsn: 65001 }] },
    ]);
    const { peers } = await ask(rpc.getPeerState, { instance: 'router' });
    expect(peers[0]?.families[0]).toMatchObject({ received: 1n, accepted: 1n });
    expect(await routes({ tableType: TableType.ADJ_RIB_OUT, neighbor: '2001:db8::ff' })).toMatchObject([
      { prefix: '2001:db8:a::/64' },
    ]);
  });

  test('are withdrawn by uuid and by prefix', async () => {
    const { uuid } = await advertise('2001:db8:a::/64');
    await advertise('2001:db8:b::/64');
    await ask(rpc.withdrawPath, { instance: '', path: { $case: 'uuid', value: uuid } });
    const key = { $case: 'key' as const, value: { prefix: '2001:db8:b::/64' } };
    await ask(rpc.withdrawPath, { instance: '', path: key });
    expect(await routes()).toEqual([]);
    expect((await refusal(ask(rpc.withdrawPath, { instance: '', path: key }))).code).toBe(status.NOT_FOUND);
    expect((await refusal(ask(rpc.withdrawPath, { instance: '', path: { $case: 'uuid', value: uuid } }))).code).toBe(
      status.NOT_FOUND,
    );
    expect(await violations(ask(rpc.withdrawPath, { instance: '', path: undefined }))).toEqual([
      'path: uuid or key is required',
    ]);
  });

  test.each<[Parameters<typeof AdvertisePathRequest.fromPartial>[0], string]>([
    [{ prefix: '' }, 'prefix: '],
    [{ prefix: '2001:db8::1/64' }, 'prefix: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64'],
    [{ prefix: '::/0', nextHop: 'fe80::1,::1' }, 'next_hop: '],
    [{ prefix: '::/0', attributes: { communities: ['70000:1'] } }, 'attributes.communities[0]: '],
    [{ prefix: '::/0', attributes: { asPathPrepend: [0] } }, 'attributes.as_path_prepend[0]: must be at least 1'],
    [
      { prefix: '::/0', attributes: { extendedCommunities: [Buffer.alloc(7)] } },
      'attributes.extended_communities[0]: must be eight octets',
    ],
  ])('%j is refused', async (request, expected) => {
    const [violation, ...more] = await violations(ask(rpc.advertisePath, AdvertisePathRequest.fromPartial(request)));
    expect(violation?.startsWith(expected)).toBe(true);
    expect(more).toEqual([]);
  });

  test('of a table are asked for with a neighbor just where one belongs', async () => {
    expect(await violations(routes({ tableType: TableType.ADJ_RIB_IN }))).toEqual([
      'neighbor: table adj-rib-in requires neighbor parameter',
    ]);
    expect(await violations(routes({ neighbor: '::1' }))).toEqual([
      'neighbor: neighbor is unnecessary for loc-rib table type',
    ]);
    expect((await refusal(routes({ tableType: TableType.ADJ_RIB_IN, neighbor: '2001:db8::9' }))).code).toBe(
      status.NOT_FOUND,
    );
  });
});

/** Sends all messages of a client stream. */
function bulk(requests: Parameters<typeof AdvertisePathsRequest.fromPartial>[0][]) {
  return new Promise<{ advertised: bigint; messages: bigint }>((resolve, reject) => {
    const stream = at.client.advertisePaths((error, answer) => (error === null ? resolve(answer) : reject(error)));
    for (const request of requests) stream.write(AdvertisePathsRequest.fromPartial(request));
    stream.end();
  });
}

describe('many paths', () => {
  const nlri = (count: number) =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) => Buffer.from([64, 0x20, 1, 0xd, 0xb8, 1, i >> 16, i >> 8, i])),
    );
  const family = { afi: 'ipv6', safi: 'unicast' };

  test('come as text and as wire bytes, and are read in batches', async () => {
    const answer = await bulk([
      { prefixes: ['2001:db8:a::/64', '10.0.0.0/8'], attributes: { communities: ['65001:1'] } },
      { family, nlri: nlri(10_000) },
    ]);
    expect(answer).toEqual({ advertised: 10_002n, messages: 2n });
    const prefixes: string[] = [];
    const sizes: number[] = [];
    for await (const answer of messages(at.client.getRoutes(GetRoutesRequest.fromPartial({})))) {
      for (const { prefix } of answer.routes) prefixes.push(prefix);
      sizes.push(GetRoutesResponse.encode(answer).finish().length);
    }
    expect(new Set(prefixes).size).toBe(10_001);
    expect(prefixes.length).toBe(10_001);
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThan(70_000);
  });

  test('are withdrawn, and those that were there are counted', async () => {
    await bulk([{ family, nlri: nlri(100) }]);
    const withdrawn = await new Promise((resolve, reject) => {
      const stream = at.client.withdrawPaths((error, answer) => (error === null ? resolve(answer) : reject(error)));
      stream.write(WithdrawPathsRequest.fromPartial({ family, nlri: nlri(60), prefixes: ['::/0'] }));
      stream.end();
    });
    expect(withdrawn).toEqual({ withdrawn: 60n, messages: 1n });
    expect(await routes()).toHaveLength(40);
  });

  test('are refused message by message: what came before stays', async () => {
    const wrong = bulk([{ prefixes: ['2001:db8:a::/64'] }, { prefixes: ['2001:db8:b::/64', 'x', '::1/64'] }]);
    const error = await refusal(wrong);
    expect(error.details).toMatch(/^message 2: prefixes\[1\]: /);
    expect(violationsOf(error.metadata).map((each) => each.field)).toEqual(['prefixes[1]', 'prefixes[2]']);
    expect(await routes()).toMatchObject([{ prefix: '2001:db8:a::/64' }]);
  });

  test.each<[string, Parameters<typeof AdvertisePathsRequest.fromPartial>[0], string]>([
    [
      'a length out of range',
      { family, nlri: Buffer.from([129]) },
      'nlri: a prefix length of 129 where 128 is the most',
    ],
    ['a prefix cut short', { family, nlri: Buffer.from([64, 1]) }, 'nlri: the last prefix is cut short'],
    ['no family', { nlri: Buffer.from([0]) }, 'family: is required'],
    [
      'a family without prefixes',
      { family: { afi: 'l2vpn', safi: 'evpn' }, nlri: Buffer.from([0]) },
      'family: only families of prefixes can be originated',
    ],
    ['too many octets', { family, nlri: Buffer.alloc((1 << 20) + 1) }, 'nlri: must be at most 1048576 octets'],
  ])('with %s are refused', async (_name, request, expected) => {
    expect(await violations(bulk([request]))).toEqual([expected]);
    expect(await routes()).toEqual([]);
  });

  test('belong to one instance', async () => {
    expect(
      await violations(
        bulk([{ instance: 'router', prefixes: ['::/0'] }, { prefixes: ['::/1'] }, { instance: 'node' }]),
      ),
    ).toEqual(['instance: the stream is for instance router; it cannot change']);
    expect(await routes({ instance: 'router' })).toHaveLength(2);
  });

  test('of a stream that is cut stay as far as they came', async () => {
    const arrived = new Promise<void>((resolve) => {
      const stop = at.node.watchRoutes({ table: 'loc-rib' }, () => {
        stop();
        resolve();
      });
    });
    const cut = new Promise((resolve) => {
      const stream = at.client.advertisePaths((error) => resolve(error?.code));
      stream.write(AdvertisePathsRequest.fromPartial({ prefixes: ['2001:db8:a::/64'] }));
      void arrived.then(() => stream.cancel());
    });
    expect(await cut).toBe(status.CANCELLED);
    expect(await routes()).toMatchObject([{ prefix: '2001:db8:a::/64' }]);
  });

  test('are watched: what is there, a marker, what happens', async () => {
    await bulk([{ family, nlri: nlri(100) }]);
    const seen: WatchRoutesResponse[] = [];
    for await (const message of messages(at.client.watchRoutes(WatchRoutesRequest.fromPartial({})))) {
      seen.push(message);
      if (message.snapshotEnd !== undefined) await advertise('2001:db8:a::/64');
      if (message.events[0]?.type === RouteEventType.ANNOUNCED) break;
    }
    expect(seen.map(({ events, snapshotEnd }) => (snapshotEnd === undefined ? events.length : 'end'))).toEqual([
      64,
      36,
      'end',
      1,
    ]);
    expect(seen[0]?.events[0]?.type).toBe(RouteEventType.PRESENT);
    expect(seen[3]?.events[0]?.route?.prefix).toBe('2001:db8:a::/64');
  });
});

describe('route policies', () => {
  const policy = {
    name: 'p',
    type: RoutePolicyType.EXPORT,
    statements: [
      {
        name: 's',
        conditions: {
          matchNeighbors: { type: 3 as const, neighbors: ['2001:db8::1'] },
          matchPrefixes: {
            type: 1 as const,
            prefixes: [{ cidr: '2001:db8::/32', prefixLenMin: 32, prefixLenMax: 64 }],
          },
          matchFamilies: [{ afi: 'ipv6', safi: 'unicast' }],
        },
        actions: {
          routeAction: RouteAction.ACCEPT,
          addCommunities: ['no-peer'],
          addLargeCommunities: ['1:2:3'],
          setLocalPreference: 0,
          nextHop: { self: false, unchanged: true },
        },
      },
    ],
  };

  test('are added, read back as they are, and removed', async () => {
    await ask(rpc.addRoutePolicy, AddRoutePolicyRequest.fromPartial({ policy }));
    expect((await ask(rpc.getRoutePolicies, { instance: '' })).policies).toEqual([policy]);
    expect((await refusal(ask(rpc.addRoutePolicy, AddRoutePolicyRequest.fromPartial({ policy })))).code).toBe(
      status.ALREADY_EXISTS,
    );
    await ask(rpc.removeRoutePolicy, { instance: '', name: 'p', type: RoutePolicyType.UNSPECIFIED });
    expect((await ask(rpc.getRoutePolicies, { instance: '' })).policies).toEqual([]);
  });

  test('are refused with every fault named', async () => {
    const wrong = AddRoutePolicyRequest.fromPartial({
      policy: {
        name: 'p',
        statements: [
          { conditions: { matchPrefixes: { prefixes: [{ cidr: '10.0.0.0/8', prefixLenMax: 33 }] } } },
          { actions: { addCommunities: ['x'], nextHop: { self: true, unchanged: true } } },
        ],
      },
    });
    expect((await violations(ask(rpc.addRoutePolicy, wrong))).map((text) => text.split(':')[0])).toEqual([
      'policy.statements[0].conditions.match_prefixes.prefixes[0]',
      'policy.statements[1].actions.add_communities[0]',
      'policy.statements[1].actions.next_hop',
    ]);
  });
});

test('what goes wrong inside is reported there, and only said to have happened here', async () => {
  at.instances.set('node', {
    ...(at.instances.get('node') as NonNullable<ReturnType<typeof at.instances.get>>),
    router: undefined as never,
  });
  expect((await refusal(ask(rpc.getPeerState, { instance: 'node' }))).code).toBe(status.INTERNAL);
  expect(at.reports).toHaveLength(1);
});
