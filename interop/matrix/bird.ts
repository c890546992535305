import { startBird } from '../lab/start.ts';
import { gather, heraldAsn, port, type Router } from './router.ts';

/** BIRD 2 and 3 take the same configuration; of a route's attributes they write the names differently. */
export const bird: Router = {
  async isEstablished(node) {
    return /BGP state:\s+Established/.test(await node.text(['birdc', 'show', 'protocols', 'all', 'herald']));
  },
  async start(
    node,
    { addresses, families, password, ttlSecurity, gracefulRestart, addPath, bfd },
    { asn, router, herald, unnumbered },
  ) {
    const zone = addresses === 'link-local' ? `%'${port}'` : '';
    const lines = [
      `router id 10.255.0.${asn % 256};`,
      'protocol device {}',
      // Tells which addresses are on the link.
      'protocol direct { ipv6; ipv4; }',
      ...(bfd === true ? [`protocol bfd { interface "${port}" { interval 300 ms; multiplier 3; }; }`] : []),
      `protocol bgp ${unnumbered ? 'leaf' : 'herald'} {`,
      `local ${router} as ${asn};`,
      ...(unnumbered
        ? [`neighbor range fe80::/10 as ${heraldAsn};`, `interface "${port}";`, 'dynamic name "herald";']
        : [`neighbor ${herald}${zone} as ${heraldAsn};`]),
      'connect delay time 1; connect retry time 1; error wait time 1, 2;',
      'enable extended messages yes;',
      ...(gracefulRestart === true ? ['graceful restart on;'] : []),
      ...(bfd === true ? ['bfd on;'] : []),
      ...(password === undefined ? [] : [`password "${password}";`]),
      ...(ttlSecurity === true ? ['ttl security on;'] : []),
      ...families.map((family) =>
        family === 'ipv4'
          ? 'ipv4 { import all; export none; extended next hop on; };'
          : `ipv6 { import all; export none; ${addPath === true ? 'add paths rx; ' : ''}};`,
      ),
      '}',
    ];
    node.write('/etc/bird/bird.conf', `${lines.join('\n')}\n`);
    await startBird(node);
  },
  async routes(node, family, { unnumbered }) {
    const table = family === 'ipv4' ? 'master4' : 'master6';
    const found: Record<string, string[]> = {};
    let prefix = '';
    for (const line of (
      await node.text(['birdc', 'show', 'route', 'all', 'table', table, 'protocol', unnumbered ? 'herald1' : 'herald'])
    ).split('\n')) {
      prefix = /^([0-9a-f.:]+\/\d+)\s/.exec(line)?.[1] ?? prefix;
      const nextHop = /^\s+(?:BGP\.|bgp_)next_hop:\s+(.*)/.exec(line)?.[1];
      if (nextHop !== undefined) gather(found, prefix, ...nextHop.trim().split(/\s+/));
    }
    return found;
  },
  async refresh(node) {
    // Both generations have one of the two words.
    await node.exec(['sh', '-c', 'birdc reload filters in herald || birdc reload in herald']);
  },
  bfd: {
    async isUp(node, { herald }) {
      const sessions = await node.text(['birdc', 'show', 'bfd', 'sessions']);
      return sessions.split('\n').some((line) => line.startsWith(herald) && /\sUp\s/.test(line));
    },
    process: 'bird',
  },
  async ended(node) {
    return `${await node.text(['birdc', 'show', 'protocols', 'all', 'herald'])}${node.logs()}`;
  },
};
