import { startOpenbgpd } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { lines } from '../routes.ts';
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
  start: async (node, routes, { peers = 0 } = {}) => {
    node.write('/etc/bgpd.conf', config('openbgpd.conf') + crowd(peers, peer));
    // One `network` line for each would be compared with all before it.
    const networks = `prefix-set pods {\n${lines(routes, (prefix) => `${prefix}/64`)}}\nnetwork prefix-set pods\n`;
    node.write('/etc/bgpd-routes.conf', routes === 0 ? '' : networks);
    await node.exec(['chmod', '600', '/etc/bgpd-routes.conf']);
    await startOpenbgpd(node);
    await until(
      () => node.text(['bgpctl', 'show', 'rib', 'memory']),
      (text) => Number(/(\d+) IPv6 unicast network entries/.exec(text)?.[1] ?? 0) >= routes,
      { what: 'OpenBGPD to have its routes', within: patience(routes) },
    );
    return {
      received: async () => {
        const text = await node.text(['bgpctl', 'show', 'neighbor', 'fd00:b::1']);
        return Number(/^ *Prefixes +\d+ +(\d+)/m.exec(text)?.[1] ?? 0);
      },
    };
  },
};
