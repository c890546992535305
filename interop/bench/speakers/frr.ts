import { startFrr } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { lines } from '../routes.ts';
import { config, debian, patience, type Speaker } from '../speaker.ts';
import { crowd } from './crowd.ts';

function peer(address: string): string {
  return ` neighbor ${address} peer-group CROWD\n`;
}

export const frr: Speaker = {
  name: 'frr',
  title: 'FRR 10.7',
  image: debian,
  dials: 'sink',
  start: async (node, routes, { peers = 0 } = {}) => {
    const networks = lines(routes, (prefix) => `  network ${prefix}/64`);
    node.write('/etc/frr/daemons', 'bgpd=yes\n');
    node.write(
      '/etc/frr/frr.conf',
      `${config('frr.conf')}${networks} exit-address-family\n${crowd(peers, peer)}exit\n`,
    );
    await startFrr(node);
    await until(
      () => node.json<{ ribCount: number }>(['vtysh', '-c', 'show bgp ipv6 unicast summary json']),
      ({ ribCount }) => ribCount >= routes,
      { what: 'FRR to have its routes', within: patience(routes) },
    );
    return {
      received: async () => {
        const argv = ['vtysh', '-d', 'bgpd', '-c', 'show bgp ipv6 unicast summary json'];
        const { peers } = await node.json<{ peers: Record<string, { pfxRcd?: number }> }>(argv);
        return peers['fd00:b::1']?.pfxRcd ?? 0;
      },
    };
  },
};
