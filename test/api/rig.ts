import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { neighborOf } from '../../src/api/build.ts';
import { connect } from '../../src/api/client.ts';
import type { Instance, Instances } from '../../src/api/instances.ts';
import { Journal } from '../../src/api/journal.ts';
import { type ApiServer, serve } from '../../src/api/server.ts';
import { ControlPlane } from '../../src/controlplane/control-plane.ts';
import type { RouterServiceClient } from '../../src/gen/herald/v1/router_service.ts';
import { Address } from '../../src/ip/address.ts';
import { SpeakerError } from '../../src/speaker/error.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import type { BgpGlobal, Neighbor } from '../../src/speaker/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { MemoryVault } from '../controlplane/memory-vault.ts';
import { facts } from '../controlplane/plan/support.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedLinks } from '../simulation/links.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const nodeAddress = Address.parse('2001:db8::1');
export const routerAddress = Address.parse('2001:db8::ff');

/** A node (AS 65001) and its router (AS 65000, a lab instance) on a simulated network, with the API over a real unix socket. */
export interface Rig {
  readonly client: RouterServiceClient;
  readonly server: ApiServer;
  /** `unix:/path`. */
  readonly target: string;
  readonly clock: VirtualClock;
  /** Of all speakers. */
  readonly links: SimulatedLinks;
  readonly node: Speaker;
  readonly router: Speaker;
  readonly instances: Map<string, Instance>;
  readonly controlPlane: ControlPlane;
  /** What outlives the server. */
  readonly vault: MemoryVault;
  readonly journal: Journal;
  /** What the server reported as its own mistake. */
  readonly reports: unknown[];
  /** Lets virtual time pass until the session is up. Throws when it does not come up. */
  establish(): void;
  close(): Promise<void>;
}

function neighbor(name: string, address: Address, asn: number, passive: boolean): Neighbor {
  return neighborOf({
    name,
    address,
    asn,
    connectRetryTime: 1,
    holdTime: 9,
    keepAliveTime: 3,
    delayOpenTime: undefined,
    localAddress: undefined,
    localPort: undefined,
    peerPort: undefined,
    passive,
    password: undefined,
    ttlSecurity: undefined,
    ebgpMultihop: undefined,
    bindToDevice: undefined,
    sourceInterface: undefined,
    userTimeout: undefined,
    gracefulRestart: undefined,
    families: [ipv6Unicast],
    addPaths: [],
    nextHop: undefined,
    bfd: undefined,
    exportAction: undefined,
    importAction: 'accept',
    adminDown: undefined,
    maximumPrefixes: [],
    role: undefined,
    roleStrict: undefined,
  });
}

export async function rig(): Promise<Rig> {
  const clock = new VirtualClock();
  const entropy = seeded(1);
  const network = new SimulatedNetwork(clock, entropy);
  const links = new SimulatedLinks();
  const speaker = (global: BgpGlobal, address: Address) =>
    new Speaker(global, { clock, entropy, network: network.host(address), interfaces: () => [], links }, silent);
  const node = speaker({ asn: 65001, routerId: '10.0.0.1', listenPort: -1 }, nodeAddress);
  const router = speaker(
    { asn: 65000, routerId: '10.0.0.254', listenPort: 179, listenAddresses: [routerAddress] },
    routerAddress,
  );
  await Promise.all([node.start(), router.start()]);
  node.addNeighbor(neighbor('router', routerAddress, 65000, false));
  router.addNeighbor(neighbor('node', nodeAddress, 65001, true));

  const instances = new Map<string, Instance>([
    ['node', { name: 'node', lab: false, startedAt: clock.date(), router: node }],
    ['router', { name: 'router', lab: true, startedAt: clock.date(), router }],
  ]);
  const reports: unknown[] = [];
  const startable = table(instances, (global) => speaker(global, Address.parse('2001:db8::7')), clock);
  const vault = new MemoryVault();
  const journal = new Journal(vault, (message) => reports.push(message));
  const controlPlane = new ControlPlane(facts({ name: 'node-1', labels: { 'kubernetes.io/os': 'linux' } }), {
    instances: { ...startable, get: (name) => instances.get(name)?.router },
    sessions: {
      peers: (name) => instances.get(name)?.router.peers() ?? [],
      watch: (name, listener) => instances.get(name)?.router.watchPeers(listener) ?? (() => undefined),
    },
    vault,
    statusReport: true,
    now: () => clock.date(),
    elapsed: () => clock.now(),
    reconciled: () => undefined,
    log: silent,
  });
  await controlPlane.start(facts({ name: 'node-1', labels: { 'kubernetes.io/os': 'linux' } }));
  const directory = mkdtempSync(join(tmpdir(), 'herald-api-'));
  const path = join(directory, 'api.sock');
  const server = await serve([{ kind: 'unix', path }], {
    instances: startable,
    controlPlane: () => Promise.resolve(controlPlane),
    journal,
    version: '1.2.3',
    report: (error) => reports.push(error),
    now: () => clock.date(),
  });
  server.ready();
  const client = connect({ kind: 'unix', path });
  return {
    client,
    server,
    target: `unix:${path}`,
    clock,
    links,
    node,
    router,
    instances,
    controlPlane,
    vault,
    journal,
    reports,
    establish: () => {
      const isUp = () =>
        node.peers()[0]?.sessionState === 'established' && router.peers()[0]?.sessionState === 'established';
      if (!clock.until(isUp, 60_000)) throw new Error('the session did not come up');
      clock.advance(1000);
    },
    close: async () => {
      client.close();
      await server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function table(
  instances: Map<string, Instance>,
  create: (global: BgpGlobal) => Speaker,
  clock: VirtualClock,
): Instances {
  return {
    list: () => [...instances.values()],
    start: async (name, global) => {
      if (instances.has(name)) throw new SpeakerError('already-exists', `instance ${name} is already running`);
      instances.set(name, { name, lab: false, startedAt: clock.date(), router: create(global) });
    },
    stop: async (name, { first }) => {
      await first?.();
      instances.delete(name);
    },
  };
}
