import { type Client, instancesToShow, withClient } from '../../src/cli/daemon.ts';
import { peerJson, routeJson } from '../../src/cli/json.ts';
import { findPeers } from '../../src/cli/peers.ts';
import { findRoutes, parseQuery } from '../../src/cli/routes.ts';
import type { LabNode } from './node.ts';
import { until } from './until.ts';

// What the scenarios read of the daemon's JSON.

export interface HeraldPeer {
  readonly 'peer-address': string;
  readonly 'remote-address': string;
  readonly 'session-state': string;
  readonly 'tcp-password-enabled': boolean;
  readonly configured: Readonly<Record<string, unknown>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly timers: { readonly 'running-nanoseconds': Readonly<Record<string, number>> };
  /** Octets that TCP has not taken. */
  readonly 'pending-bytes': number;
  /** As the peer's OPEN has them. */
  readonly 'remote-capabilities': readonly { readonly name: string; readonly text: string }[];
  /** Absent where BFD is not configured. */
  readonly bfd?: HeraldBfd;
  /** Of the connection; absent unless established. */
  readonly 'local-port'?: number;
  readonly 'remote-port'?: number;
  readonly families: readonly {
    readonly afi: string;
    readonly safi: string;
    readonly received: number;
    readonly accepted: number;
    readonly looped: number;
    readonly leaked: number;
    readonly advertised: number;
    readonly stale: number;
  }[];
  readonly 'last-down'?: {
    readonly kind: string;
    readonly text: string;
    readonly code: number;
    readonly subcode: number;
  };
}

export interface HeraldBfd {
  readonly state: string;
  readonly diagnostic: string;
  /** Absent while nothing is heard. */
  readonly 'remote-state'?: string;
  readonly 'transmit-interval-nanoseconds': number;
  readonly 'detection-time-nanoseconds': number;
  readonly 'packets-discarded': number;
  readonly downs: number;
}

export interface HeraldRoute {
  readonly prefix: string;
  readonly paths: readonly HeraldPath[];
}

export interface HeraldPath {
  readonly communities?: readonly string[];
  readonly 'path-id'?: number;
}

/** Asks and tells the daemon on a node: by its own command, but for what scenarios look at again and again. */
export class Herald {
  readonly node: LabNode;

  constructor(node: LabNode) {
    this.node = node;
  }

  /** What `herald peers -o json` prints, without the process. */
  peers(): Promise<HeraldPeer[]> {
    return this.#printed(async (client) => {
      const found = await findPeers(client, await instancesToShow(client, { instance: '' }));
      return found.map(({ instance, peer }) => peerJson(instance, peer));
    });
  }

  /** What `herald routes QUERY -o json` prints, without the process. */
  routes(query: string): Promise<HeraldRoute[]> {
    return this.#printed(async (client) => {
      const printed: unknown[] = [];
      for await (const some of findRoutes(client, parseQuery(query.split(' ')), { instance: '' }))
        for (const { source, route } of some) printed.push(routeJson(source, route));
      return printed;
    });
  }

  async peer(address: string): Promise<HeraldPeer> {
    const peers = await this.peers();
    const peer = peers.find((candidate) => candidate['peer-address'] === address);
    if (peer === undefined) throw new Error(`${this.node.name} has no peer ${address}`);
    return peer;
  }

  /** The prefixes that a peer announced, as far as they were not dropped. */
  async received(peer: string, family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<string[]> {
    const routes = await this.routes(`received ${family}/unicast peer ${peer}`);
    return routes.map(({ prefix }) => prefix).toSorted();
  }

  async advertise(prefixes: readonly string[], ...options: readonly string[]): Promise<void> {
    await this.node.exec(['herald', 'advertise', '--file', '-', ...options], prefixes.join('\n'));
  }

  async withdraw(prefixes: readonly string[]): Promise<void> {
    await this.node.exec(['herald', 'withdraw', '--file', '-'], prefixes.join('\n'));
  }

  /** Gives the daemon that was started as `name` another configuration file, and resolves when all of that is in force. */
  async configure(text: string, file = '/etc/herald/herald.yaml', name = 'herald'): Promise<void> {
    const daemon = this.node.process(name);
    const loaded = () => daemon.logged().split('"configuration loaded"').length;
    const before = loaded();
    this.node.write(file, text);
    daemon.signal('SIGHUP');
    await until(loaded, (count) => count > before, { what: `${this.node.name} to load its configuration` });
  }

  /** Asks the daemon to end in good order, and gives its exit code. */
  stop(): Promise<number> {
    return this.node.process('herald').stop();
  }

  /** What is found, as one who reads the printed JSON has it. `T` is what the caller knows about it. */
  #printed<T>(find: (client: Client) => Promise<unknown[]>): Promise<T[]> {
    const server = `unix:${this.node.path('/run/herald/herald.sock')}`;
    return withClient({ server }, async (client) => JSON.parse(JSON.stringify(await find(client))) as T[]);
  }
}
