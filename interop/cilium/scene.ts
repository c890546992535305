import { expect } from 'vitest';
import { call, connect, controlPlane, type UnaryMethod } from '../../src/api/client.ts';
import { Frr } from '../lab/frr.ts';
import { Gobgp } from '../lab/gobgp.ts';
import { Herald } from '../lab/herald.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../lab/node.ts';
import { until } from '../lab/until.ts';
import { type Manifest, nodeName } from './resources.ts';

/** FRR and GoBGP, both of one generation. */
export const generations = [
  ['10.7.1', '4.8.0'],
  ['8.4.4', '3.10.0'],
] as const;

type Family = 'ipv4' | 'ipv6';
/** A router that says what a neighbor announced. */
interface Router {
  readonly node: LabNode;
  prefixesFrom(address: string, family?: Family): Promise<string[]>;
}

/** One scenario on `cilium.clab.yml`: a daemon that starts with nothing. */
export class Scene {
  readonly node: LabNode;
  readonly herald: Herald;
  readonly tor: Frr;
  readonly spare: Gobgp;

  private constructor(lab: Lab) {
    this.node = lab.node('node');
    this.herald = new Herald(this.node);
    this.tor = new Frr(lab.node('tor'));
    this.spare = new Gobgp(lab.node('spare'));
  }

  /** Ends the daemon of the scenario before, if there was one, and starts another; `settings` are those of `controlPlane`. */
  static async begin(lab: Lab, settings: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
    const scene = new Scene(lab);
    const { node } = scene;
    if (node.exists('/tmp/herald.yaml')) {
      await scene.herald.stop();
      await until(
        async () => [...(await scene.tor.sessions()), ...(await scene.spare.sessions())],
        (sessions) => sessions.length === 0,
        { what: 'the end of its sessions' },
      );
    }
    node.write('/tmp/herald.yaml', JSON.stringify({ controlPlane: { nodeName, ...settings } }));
    node.start('herald', ['herald', 'run', '-c', '/tmp/herald.yaml']);
    await until(
      () => scene.#call(controlPlane.list, { kind: 'Service', namespace: '', labelSelector: '' }),
      () => true,
      { what: 'the daemon to answer' },
    );
    return scene;
  }

  /** Applies resources through the API: all or none. */
  async apply(...resources: readonly Manifest[]): Promise<void> {
    await this.#call(controlPlane.apply, {
      resources: [...resources],
      dryRun: false,
      pruneSelector: undefined,
      skipInvalid: false,
    });
  }

  async remove(...resources: readonly Manifest[]): Promise<void> {
    for (const { kind, metadata } of resources as readonly { kind: string; metadata: { name: string } }[])
      await this.#call(controlPlane.delete, { kind, namespace: '', name: metadata.name });
  }

  /** What the control plane says of a resource. */
  async status(kind: string, name: string): Promise<{ readonly conditions: readonly unknown[] }> {
    const { resource } = await this.#call(controlPlane.get, { kind, namespace: '', name });
    return resource?.['status'] as { conditions: readonly unknown[] };
  }

  /** The addresses of the peers whose session is established. */
  async peers(): Promise<string[]> {
    const peers = await this.herald.peers();
    return peers.filter((peer) => peer['session-state'] === 'established').map((peer) => peer['peer-address']);
  }

  /** The IPv6 prefixes of the Loc-RIB. */
  async available(): Promise<string[]> {
    const routes = await this.herald.routes('available');
    return routes.map(({ prefix }) => prefix);
  }

  /** The daemon's socket is in the node's file system, which the host sees below its PID 1. */
  async #call<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
    const client = connect({ kind: 'unix', path: this.node.path('/run/herald/herald.sock') });
    try {
      return await call(client, method, request);
    } finally {
      client.close();
    }
  }

  /** Waits until a router has exactly these prefixes of a neighbor. */
  async expectRoutes(
    router: Router,
    neighbor: string,
    prefixes: readonly string[],
    family: Family = 'ipv6',
  ): Promise<void> {
    const wanted = prefixes.toSorted();
    const seen = await until(
      () => router.prefixesFrom(neighbor, family),
      (found) => found.join() === wanted.join(),
      { what: `${router.node.name} to have [${wanted.join(' ')}] of ${neighbor}` },
    );
    expect(seen).toEqual(wanted);
  }
}
