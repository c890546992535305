import type { LabNode } from '../../lab/node.ts';
import { startOpenbgpd } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { firstRoute } from '../routes.ts';
import { Sink } from '../sink.ts';
import { config, debian, patience, type Speaker } from '../speaker.ts';
import { crowd } from './crowd.ts';

function peer(address: string): string {
  return `neighbor ${address} {
  remote-as 65000
  passive
  multihop 2
  announce IPv4 none
  announce IPv6 unicast
}
`;
}

export const openbgpd: Speaker = {
  name: 'openbgpd',
  title: 'OpenBGPD 9.3',
  image: debian,
  dials: 'sink',
  backlog: 5,
  start: async (node, routes, { peers = 0, sets = 1 } = {}) => {
    node.write('/etc/bgpd.conf', config('openbgpd.conf') + crowd(peers, peer));
    await startOpenbgpd(node);
    if (routes > 0) await learn(node, routes, sets);
    return {
      received: async () => {
        const text = await node.text(['bgpctl', 'show', 'neighbor', 'fd00:b::1']);
        return Number(/^ *Prefixes +\d+ +(\d+)/m.exec(text)?.[1] ?? 0);
      },
    };
  },
};

/**
 * From a peer beside it: `network`s of its own it compares each with all before it, which takes a minute for 100,000, and `bgpctl network bulk` of 9.3 leaves out
 * what the daemon waits for.
 */
async function learn(node: LabNode, routes: number, sets: number): Promise<void> {
  await Sink.feed(node, { dial: '::1', first: firstRoute, routes, sets, seconds: patience(routes) });
  await until(
    () => node.text(['bgpctl', 'show', 'rib', 'memory']),
    (text) => Number(/(\d+) IPv6 unicast network entries/.exec(text)?.[1] ?? 0) >= routes,
    { what: 'OpenBGPD to have its routes', within: patience(routes) },
  );
}
