import { call, connect, controlPlane } from '../../../src/api/client.ts';
import type { RouterServiceClient } from '../../../src/gen/herald/v1/router_service.ts';
import type { LabNode } from '../../lab/node.ts';
import { startHerald } from '../../lab/start.ts';
import type { Manifest } from '../manifests.ts';
import { config, type Speaker } from '../speaker.ts';

/** Resources in one call. */
const batch = 2_000;

/** Herald with nothing to announce until resources are applied. */
export const heraldControlPlane = controlPlaneWith('');

/** With a bound on V8's heap, which otherwise grows to some twice what is in it before it is collected. */
export const heraldInLittleRoom = controlPlaneWith('--max-old-space-size=200');

function controlPlaneWith(nodeOptions: string): Speaker {
  return {
    name: 'herald',
    title: 'Herald',
    image: 'herald:latest',
    dials: 'speaker',
    start: async (node) => {
      node.write('/etc/herald/herald.yaml', config('herald-control-plane.yaml'));
      await startHerald(node, nodeOptions);
      return {};
    },
  };
}

/** Who applies resources over the API of Herald on a node. */
export class Applier {
  readonly #client: RouterServiceClient;

  constructor(node: LabNode) {
    this.#client = connect({ kind: 'unix', path: node.path('/run/herald/herald.sock') });
  }

  async apply(resources: readonly Manifest[]): Promise<void> {
    for (let at = 0; at < resources.length; at += batch) {
      const some = resources.slice(at, at + batch);
      await call(this.#client, controlPlane.apply, {
        resources: [...some],
        dryRun: false,
        pruneSelector: undefined,
        skipInvalid: false,
      });
    }
  }

  close(): void {
    this.#client.close();
  }
}
