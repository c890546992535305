import { Frr } from '../lab/frr.ts';
import { startFrr } from '../lab/start.ts';
import { heraldAsn, port, type Router } from './router.ts';

export const frr: Router = {
  async isEstablished(node, { herald, unnumbered }) {
    return (await new Frr(node).neighbor(unnumbered ? port : herald)).bgpState === 'Established';
  },
  async start(node, { addresses, families, password, ttlSecurity, gracefulRestart, bfd }, { asn, herald, unnumbered }) {
    const neighbor = `neighbor ${unnumbered ? port : herald}`;
    const lines = [
      'frr defaults traditional',
      'ipv6 forwarding',
      `router bgp ${asn}`,
      `bgp router-id 10.255.0.${asn % 256}`,
      'no bgp ebgp-requires-policy',
      'no bgp default ipv4-unicast',
      `${neighbor} ${unnumbered ? 'interface ' : ''}remote-as ${unnumbered ? 'external' : heraldAsn}`,
      `${neighbor} timers connect 1`,
      ...(gracefulRestart === true ? ['bgp graceful-restart'] : []),
      ...(addresses === 'link-local' ? [`${neighbor} interface ${port}`] : []),
      ...(password === undefined ? [] : [`${neighbor} password ${password}`]),
      ...(bfd === true ? [`${neighbor} bfd`] : []),
      ...(ttlSecurity === true ? [`${neighbor} ttl-security hops 1`] : []),
      ...(families.includes('ipv4') ? [`${neighbor} capability extended-nexthop`] : []),
      ...families.flatMap((family) => [
        `address-family ${family} unicast`,
        `${neighbor} activate`,
        'exit-address-family',
      ]),
      'exit',
    ];
    node.write('/etc/frr/daemons', bfd === true ? 'bgpd=yes\nbfdd=yes\n' : 'bgpd=yes\n');
    node.write('/etc/frr/frr.conf', `${lines.join('\n')}\n`);
    await startFrr(node);
  },
  async routes(node, family, { herald }) {
    const rib = await new Frr(node).rib(family);
    return Object.fromEntries(
      Object.entries(rib).flatMap(([prefix, paths]) => {
        const own = paths.filter(({ peerId, valid }) => [herald, port].includes(peerId) && valid === true);
        return own.length === 0 ? [] : [[prefix, own.flatMap(({ nexthops }) => nexthops.map(({ ip }) => ip))]];
      }),
    );
  },
  async refresh(node, { herald }) {
    await new Frr(node).vtysh(`clear bgp ipv6 ${herald} soft in`);
  },
  bfd: {
    async isUp(node) {
      const peers = await new Frr(node).json<{ status: string }[]>('show bfd peers');
      return peers.length === 1 && peers.every(({ status }) => status === 'up');
    },
    process: 'bfdd',
  },
  async ended(node, { herald }) {
    return JSON.stringify(await new Frr(node).neighbor(herald));
  },
};
