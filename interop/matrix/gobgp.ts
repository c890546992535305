import { startGobgp } from '../lab/start.ts';
import { type Ends, gather, heraldAsn, port, type Router, type Setup } from './router.ts';

interface Path {
  readonly attrs: readonly { readonly type: number; readonly nexthop?: string }[];
}
const mpReach = 14;

export const gobgp: Router = {
  async isEstablished(node, { herald }) {
    return /BGP state = ESTABLISHED/i.test(await node.text(['gobgp', 'neighbor', herald]));
  },
  async start(node, setup, ends) {
    await node.write('/etc/gobgpd.toml', configuration(setup, ends));
    await startGobgp(node);
  },
  async routes(node, family) {
    const rib = await node.json<Record<string, Path[]>>(['gobgp', 'global', 'rib', '-a', family, '-j']);
    const found: Record<string, string[]> = {};
    for (const [prefix, paths] of Object.entries(rib))
      for (const { attrs } of paths)
        gather(found, prefix, attrs.find(({ type }) => type === mpReach)?.nexthop ?? 'none in MP_REACH_NLRI');
    return found;
  },
  async refresh(node, { herald }) {
    await node.exec(['gobgp', 'neighbor', herald, 'softresetin']);
  },
  async ended(node) {
    return node.logs();
  },
};

function configuration(
  { addresses, families, password, ttlSecurity, gracefulRestart, addPath }: Setup,
  { asn, router, herald, unnumbered }: Ends,
): string {
  const zone = addresses === 'link-local' ? `%${port}` : '';
  return `[global.config]
as = ${asn}
router-id = "10.255.0.${asn % 256}"
port = 179
local-address-list = ["::"]
[[neighbors]]
[neighbors.config]
${unnumbered ? `neighbor-interface = "${port}"` : `neighbor-address = "${herald}${zone}"`}
peer-as = ${heraldAsn}
${password === undefined ? '' : `auth-password = "${password}"`}
${unnumbered ? '' : `[neighbors.transport.config]\nlocal-address = "${router}${zone}"`}
${gracefulRestart === true ? '[neighbors.graceful-restart.config]\nenabled = true\nrestart-time = 120\n' : ''}
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
${ttlSecurity === true ? '[neighbors.ttl-security.config]\nenabled = true\nttl-min = 255\n' : ''}
${families.map((family) => `[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "${family}-unicast"\n${gracefulRestart === true ? '[neighbors.afi-safis.mp-graceful-restart.config]\nenabled = true\n' : ''}${addPath === true ? '[neighbors.afi-safis.add-paths.config]\nreceive = true\n' : ''}`).join('')}`;
}
