import { startOpenbgpd } from '../lab/start.ts';
import { gather, heraldAsn, port, type Router } from './router.ts';

interface Rib {
  readonly rib?: readonly { readonly prefix: string; readonly exit_nexthop: string }[];
}

export const openbgpd: Router = {
  async isEstablished(node, { herald }) {
    return /BGP state = Established/.test(await node.text(['bgpctl', 'show', 'neighbor', herald]));
  },
  async start(node, { addresses, families, password, ttlSecurity, gracefulRestart, addPath }, { asn, router, herald }) {
    const zone = addresses === 'link-local' ? `%${port}` : '';
    const lines = [
      `AS ${asn}`,
      `router-id 10.255.0.${asn % 256}`,
      'socket "/run/openbgpd/bgpd.sock.0"',
      'fib-update no',
      `neighbor ${herald}${zone} {`,
      `remote-as ${heraldAsn}`,
      `local-address ${router}${zone}`,
      `announce IPv6 unicast`,
      families.includes('ipv4') ? 'announce IPv4 unicast\nannounce extended nexthop yes' : 'announce IPv4 none',
      'announce extended message yes',
      ...(addPath === true ? ['announce add-path recv yes'] : []),
      ...(gracefulRestart === true ? ['announce restart yes'] : []),
      ...(password === undefined ? [] : [`tcp md5sig password ${password}`]),
      ...(ttlSecurity === true ? ['ttl-security yes'] : []),
      '}',
      'allow from any',
      'allow to any',
    ];
    node.write('/etc/bgpd.conf', `${lines.join('\n')}\n`);
    await startOpenbgpd(node);
  },
  async routes(node, family) {
    const found: Record<string, string[]> = {};
    const { rib = [] } = await node.json<Rib>(['bgpctl', '-j', 'show', 'rib', family]);
    for (const { prefix, exit_nexthop } of rib) gather(found, prefix, exit_nexthop);
    return found;
  },
  async refresh(node, { herald }) {
    await node.exec(['bgpctl', 'neighbor', herald, 'refresh']);
  },
  async ended(node, { herald }) {
    return node.text(['bgpctl', 'show', 'neighbor', herald]);
  },
};
