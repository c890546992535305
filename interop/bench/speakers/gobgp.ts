import type { LabNode, NodeProcess } from '../../lab/node.ts';
import { until } from '../../lab/until.ts';
import { firstRoute } from '../routes.ts';
import { config, debian, patience, type Speaker } from '../speaker.ts';
import { crowd } from './crowd.ts';
import { GobgpApi } from './gobgp-api.ts';

export const socket = '/run/gobgp.sock';

export const gobgp: Speaker = {
  name: 'gobgp',
  title: 'GoBGP 4.8',
  image: debian,
  dials: 'sink',
  start: async (node, routes, { peers = 0, sets = 1 } = {}) => {
    node.write('/etc/gobgpd.toml', config('gobgp.toml') + crowd(peers, peer));
    startProcess(node);
    await until(
      () => node.attempt(['gobgp', '--target', `unix:${socket}`, 'global']),
      // It answers before it has read its file.
      ({ stdout }) => stdout.includes('65001'),
      { what: 'GoBGP to answer' },
    );
    const originator = new GobgpApi(node.path(socket));
    await originator.load(firstRoute, routes, patience(routes), sets);
    return {
      originator,
      bulk: [originator.bulk],
      list: () => originator.list(),
      received: async () => {
        const summary = await node.text([
          'gobgp',
          '--target',
          `unix:${socket}`,
          'global',
          'rib',
          'summary',
          '-a',
          'ipv6',
        ]);
        return Number(/Path: (\d+)/.exec(summary)?.[1] ?? 0);
      },
    };
  },
};

function peer(address: string): string {
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = 65000
  [neighbors.transport.config]
    passive-mode = true
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 2
  [neighbors.timers.config]
    hold-time = 240
    idle-hold-time-after-reset = 1
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-unicast"
`;
}

/** With its API at a socket, and nothing but its configuration. */
export function startProcess(node: LabNode): NodeProcess {
  return node.start('gobgpd', ['gobgpd', '-f', '/etc/gobgpd.toml', '--api-hosts', `unix://${socket}`, '--log-plain']);
}
