import { describe, expect, test } from 'vitest';
import { seeded } from '../test/simulation/random.ts';
import {
  lab as addresses,
  advertisement,
  ciliumNode,
  endpoints,
  type Manifest,
  nodeName,
  oneSession,
  peerConfig,
  service,
  services,
} from './cilium/resources.ts';
import { generations, Scene } from './cilium/scene.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const { node } = addresses;
const steps = 30;
const seed = 20_260_101;

/** What the router is to have of one service, by a model of the rules that is far smaller than the plan. */
interface Modelled {
  readonly address: string;
  readonly isLocal: boolean;
  readonly hasEndpoint: boolean;
  readonly isSelected: boolean;
}

const isAnnounced = ({ isLocal, hasEndpoint, isSelected }: Modelled) => isSelected && (!isLocal || hasEndpoint);

describe.each(generations)('what the router shows equals the plan, with FRR %s', (FRR, GOBGP) => {
  const lab = useLab(import.meta.url, 'cilium.clab.yml', { FRR, GOBGP });

  test(`after each of ${steps} random edits of services and pods (seed ${seed})`, async () => {
    const random = seeded(seed);
    const chance = () => random() < 0.5;
    const scene = await Scene.begin(lab());
    const known = new Map<string, Modelled>();
    await scene.apply(
      ciliumNode(),
      oneSession(),
      peerConfig(),
      advertisement('all', 'peer', { advertisementType: 'PodCIDR' }, services(['LoadBalancerIP'])),
    );
    await scene.tor.established(node.address);
    let pods: readonly string[] = [];
    for (let step = 0; step < steps; step++) {
      const resources: Manifest[] = [];
      const name = `svc-${Math.floor(random() * 8)}`;
      if (known.has(name) && random() < 0.3) {
        known.delete(name);
        await scene.remove(service(name, {}));
      } else {
        const address = `2001:db8:1:1::${Math.floor(random() * 6) + 1}`;
        const modelled = { address, isLocal: chance(), hasEndpoint: chance(), isSelected: random() < 0.8 };
        known.set(name, modelled);
        resources.push(
          service(
            name,
            { externalTrafficPolicy: modelled.isLocal ? 'Local' : 'Cluster' },
            { ingress: [address], labels: { bgp: modelled.isSelected ? 'yes' : 'no' } },
          ),
          endpoints(name, [modelled.hasEndpoint ? nodeName : 'elsewhere']),
        );
      }
      if (random() < 0.2) {
        pods = chance() ? [`2001:db8:a:${step}::/64`] : [];
        resources.push(ciliumNode({ podCIDRs: pods }));
      }
      if (resources.length > 0) await scene.apply(...resources);
      const vips = [...known.values()].filter(isAnnounced).map(({ address }) => `${address}/128`);
      const wanted = [...new Set([...vips, ...pods])].toSorted();
      await scene.expectRoutes(scene.tor, node.address, wanted);
      // A command is slow beside the rest.
      if (step % 10 === 9) expect((await scene.available()).toSorted()).toEqual(wanted);
    }
    const { messageStats, connectionsEstablished } = await until(
      () => scene.tor.neighbor(node.address),
      ({ bgpState }) => bgpState === 'Established',
      { what: 'the session' },
    );
    expect([connectionsEstablished, messageStats.notificationsSent + messageStats.notificationsRecv]).toEqual([1, 0]);
  });
});
