import type { LabNode } from './node.ts';
import { until } from './until.ts';
import { askVty } from './vty.ts';

// What the scenarios read of FRR's JSON. Both generations print these fields unless a comment says otherwise.

export interface FrrNeighbor {
  readonly remoteAs: number;
  readonly bgpState: string;
  readonly remoteRouterId: string;
  readonly bgpTimerHoldTimeMsecs: number;
  readonly bgpTimerKeepAliveIntervalMsecs: number;
  readonly neighborCapabilities?: Readonly<Record<string, unknown>>;
  readonly messageStats: {
    readonly opensRecv: number;
    readonly notificationsSent: number;
    readonly notificationsRecv: number;
    readonly updatesRecv: number;
    readonly keepalivesRecv: number;
    readonly routeRefreshSent: number;
  };
  readonly addressFamilyInfo?: Readonly<
    Record<string, { readonly acceptedPrefixCounter?: number; readonly sentPrefixCounter?: number }>
  >;
  readonly gracefulRestartInfo?: { readonly timers?: { readonly receivedRestartTimer?: number } };
  readonly connectionsEstablished: number;
  readonly connectionsDropped: number;
  readonly lastResetDueTo?: string;
  /** Such as `OPEN Message Error/Bad Peer AS`. */
  readonly lastNotificationReason?: string;
  /** Four hexadecimal digits, code and subcode. */
  readonly lastErrorCodeSubcode?: string;
  readonly lastShutdownDescription?: string;
  /** What its OPEN claims (RFC 9234). */
  readonly remoteRole?: string;
}

export interface FrrNextHop {
  readonly ip: string;
  readonly afi: 'ipv4' | 'ipv6';
  readonly scope?: 'global' | 'link-local';
  readonly used?: boolean;
}

export interface FrrPath {
  readonly valid?: boolean;
  readonly bestpath?: boolean;
  readonly multipath?: boolean;
  readonly path: string;
  readonly origin: string;
  readonly peerId: string;
  readonly nexthops: readonly FrrNextHop[];
}

export interface FrrPathDetail {
  /** Of a session that ended. */
  readonly stale?: boolean;
  readonly aspath: { readonly string: string };
  readonly origin: string;
  readonly metric?: number;
  readonly locPrf?: number;
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
  readonly nexthops: readonly (FrrNextHop & { readonly accessible?: boolean })[];
}

export interface KernelNextHop {
  readonly gateway: string;
  readonly dev: string;
}

interface KernelRoute extends Partial<KernelNextHop> {
  readonly dst: string;
  readonly via?: { readonly host: string };
  readonly nexthops?: readonly (Partial<KernelNextHop> & { readonly via?: { readonly host: string } })[];
}

/** Asks a node that runs FRR. */
export class Frr {
  readonly node: LabNode;

  constructor(node: LabNode) {
    this.node = node;
  }

  vtysh(...commands: readonly string[]): Promise<string> {
    return this.node.text(['vtysh', ...commands.flatMap((command) => ['-c', command])]);
  }

  /** What it prints for a command that ends with `json`, which this adds. `T` is what the caller knows about it. */
  async json<T>(command: string): Promise<T> {
    const daemon = command.startsWith('show bfd') ? 'bfdd' : 'bgpd';
    return JSON.parse(await askVty(this.node.path(`/run/frr/${daemon}.vty`), `${command} json`)) as T;
  }

  /** Runs configuration commands below `router bgp ASN`. */
  async configureBgp(asn: number, ...commands: readonly string[]): Promise<void> {
    await this.vtysh('configure terminal', `router bgp ${asn}`, ...commands);
  }

  async neighbor(address: string): Promise<FrrNeighbor> {
    const neighbors = await this.json<Record<string, FrrNeighbor>>(`show bgp neighbors ${address}`);
    const neighbor = neighbors[address];
    if (neighbor === undefined) throw new Error(`${this.node.name} has no neighbor ${address}`);
    return neighbor;
  }

  /** The neighbors whose session is up. */
  async sessions(): Promise<string[]> {
    const neighbors = await this.json<Record<string, Partial<FrrNeighbor>>>('show bgp neighbors');
    return Object.keys(neighbors).filter((name) => neighbors[name]?.bgpState === 'Established');
  }

  /** Waits until the session with a neighbor is up, and returns the neighbor. */
  established(address: string): Promise<FrrNeighbor> {
    return until(
      () => this.neighbor(address),
      ({ bgpState }) => bgpState === 'Established',
      { what: `${this.node.name} to have an established session with ${address}` },
    );
  }

  /** Where the log of its bgpd ends. */
  get logEnd(): number {
    return this.node.process('bgpd').logged().length;
  }

  /**
   * Waits until it has heard a NOTIFICATION of a neighbor, such as `6/2`, and returns what it logged of that. What it says of the neighbor itself is soon
   * overwritten, for it tries again. `since`: a place in its log.
   */
  async notified(address: string, code: string, since = 0): Promise<string> {
    const words = `NOTIFICATION: received from neighbor ${address} ${code} `;
    const log = await until(
      () => this.node.process('bgpd').logged(since),
      (text) => text.includes(words),
      { what: `${this.node.name} to hear ${code} of ${address}` },
    );
    return log.split('\n').find((line) => line.includes(words)) ?? '';
  }

  /** The unicast table of a family: paths by prefix. */
  async rib(family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<Readonly<Record<string, readonly FrrPath[]>>> {
    return (await this.json<{ routes: Record<string, FrrPath[]> }>(`show bgp ${family} unicast`)).routes;
  }

  /** The prefixes that a neighbor announced and that this router took, sorted as text. */
  async prefixesFrom(address: string, family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<string[]> {
    const routes = await this.rib(family);
    return Object.keys(routes)
      .filter((prefix) => routes[prefix]?.some((path) => path.peerId === address))
      .toSorted();
  }

  /** All paths of one prefix in full; none if it is not there. */
  async paths(prefix: string, family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<readonly FrrPathDetail[]> {
    const command = `show bgp ${family} unicast ${prefix}`;
    return (await this.json<{ paths?: FrrPathDetail[] }>(command)).paths ?? [];
  }

  /** The routes that BGP has in the kernel: next hops by prefix. */
  async kernel(family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<Readonly<Record<string, readonly KernelNextHop[]>>> {
    const [flag, length] = family === 'ipv6' ? ['-6', 128] : ['-4', 32];
    const routes = await this.node.json<KernelRoute[]>(['ip', flag, '-j', 'route', 'show', 'proto', 'bgp']);
    return Object.fromEntries(
      routes.map((route) => [
        route.dst.includes('/') ? route.dst : `${route.dst}/${length}`,
        (route.nexthops ?? [route]).map(({ gateway, via, dev }) => ({
          gateway: gateway ?? via?.host ?? '',
          dev: dev ?? '',
        })),
      ]),
    );
  }
}
