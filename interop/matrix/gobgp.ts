import { startGobgp } from '../lab/start.ts';
import { type Ends, gather, heraldAsn, port, type Router, type Setup } from './router.ts';

interface Path {
  readonly attrs: readonly { readonly type: number; readonly nexthop?: string }[];
}
interface Neighbor {
  readonly state: { readonly neighbor_address?: string; readonly bfd_state?: { readonly session_state?: number } };
}
const mpReach = 14;
/** BFD_SESSION_STATE_UP of its API. */
const sessionUp = 1;

export const gobgp: Router = {
  async isEstablished(node, { herald }) {
    return /BGP state = ESTABLISHED/i.test(await node.text(['gobgp', 'neighbor', herald]));
  },
  async start(node, setup, ends) {
    node.write('/etc/gobgpd.toml', configuration(setup, ends));
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
  bfd: {
    async isUp(node, { herald }) {
      const neighbors = await node.json<Neighbor[]>(['gobgp', 'neighbor', '-j']);
      const state = neighbors.find(
        ({ state: { neighbor_address: address } }) => address?.replace(/%.*/, '') === herald,
      );
      return state?.state.bfd_state?.session_state === sessionUp;
    },
    process: 'gobgpd',
  },
  async ended(node) {
    return node.logs();
  },
};

function configuration(
  { addresses, families, password, ttlSecurity, gracefulRestart, addPath, bfd }: Setup,
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
${bfd === true ? '[neighbors.bfd.config]\nenabled = true\ndesired-minimum-tx-interval = 300000\nrequired-minimum-receive = 300000\n' : ''}
${ttlSecurity === true ? '[neighbors.ttl-security.config]\nenabled = true\nttl-min = 255\n' : ''}
${families.map((family) => `[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "${family}-unicast"\n${gracefulRestart === true ? '[neighbors.afi-safis.mp-graceful-restart.config]\nenabled = true\n' : ''}${addPath === true ? '[neighbors.afi-safis.add-paths.config]\nreceive = true\n' : ''}`).join('')}`;
}
