import { Frr } from '../lab/frr.ts';
import { Gobgp } from '../lab/gobgp.ts';
import type { LabNode, NodeProcess } from '../lab/node.ts';
import { startBird, startFrr, startGobgp } from '../lab/start.ts';

/** Seconds: how long each end asks the other to keep its routes without a session, and how long after that. */
export const restartTime = 5;
export const staleTime = 15;

/** Of the link that the router is on. */
export interface Ends {
  readonly asn: number;
  readonly router: string;
  readonly herald: string;
}

/** What the router announces: one route to be kept, one that has NO_LLGR. */
export interface Announced {
  readonly kept: string;
  readonly noLlgr: string;
}

/** What is there of a route: nothing, the route, the route with LLGR_STALE. */
export type Sight = 'gone' | 'plain' | 'LLGR_STALE';

/** A kind of routing daemon that knows long-lived graceful restart. */
export interface Router {
  start(node: LabNode, ends: Ends, announced: Announced): Promise<void>;
  /** What it has of a route of Herald's. */
  sight(node: LabNode, prefix: string): Promise<Sight>;
  /** Whether the node has it in its kernel; absent where the daemon puts none there. */
  forwards?(node: LabNode, prefix: string): Promise<boolean>;
  /** What has to be killed so that all of it is gone. */
  process(node: LabNode): NodeProcess;
}

async function inKernel(node: LabNode, prefix: string): Promise<boolean> {
  return (await node.json<unknown[]>(['ip', '-6', '-j', 'route', 'show', prefix])).length > 0;
}

export const frr: Router = {
  async start(node, { asn, herald }, { kept, noLlgr }) {
    const lines = [
      'frr defaults traditional',
      'ipv6 forwarding',
      `ipv6 route ${kept} blackhole`,
      `ipv6 route ${noLlgr} blackhole`,
      'route-map no-llgr permit 10',
      'set community no-llgr',
      'exit',
      `router bgp ${asn}`,
      `bgp router-id 10.255.0.${asn % 256}`,
      'no bgp ebgp-requires-policy',
      'no bgp default ipv4-unicast',
      'bgp graceful-restart',
      `bgp graceful-restart restart-time ${restartTime}`,
      `bgp long-lived-graceful-restart stale-time ${staleTime}`,
      `neighbor ${herald} remote-as 65001`,
      `neighbor ${herald} timers connect 1`,
      'address-family ipv6 unicast',
      `neighbor ${herald} activate`,
      `network ${kept}`,
      `network ${noLlgr} route-map no-llgr`,
      'exit-address-family',
      'exit',
    ];
    node.write('/etc/frr/daemons', 'bgpd=yes\n');
    node.write('/etc/frr/frr.conf', `${lines.join('\n')}\n`);
    await startFrr(node);
  },
  async sight(node, prefix) {
    const [path] = await new Frr(node).paths(prefix);
    if (path === undefined) return 'gone';
    return path.community?.list.includes('llgrStale') === true ? 'LLGR_STALE' : 'plain';
  },
  forwards: inKernel,
  process: (node) => node.process('bgpd'),
};

/** BIRD 2 and 3 take the same configuration; of a route's attributes they write the names differently. */
export const bird: Router = {
  async start(node, { asn, router, herald }, { kept, noLlgr }) {
    const configuration = `router id 10.255.0.${asn % 256};
protocol device {}
protocol direct { ipv6; }
protocol kernel { ipv6 { export where source = RTS_BGP; }; }
protocol static pods {
  ipv6;
  route ${kept} blackhole;
  route ${noLlgr} blackhole { bgp_community.add((65535, 7)); };
}
protocol bgp herald {
  local ${router} as ${asn};
  neighbor ${herald} as 65001;
  connect delay time 1; connect retry time 1; error wait time 1, 2;
  graceful restart on;
  graceful restart time ${restartTime};
  long lived graceful restart on;
  long lived stale time ${staleTime};
  ipv6 { import all; export where proto = "pods"; };
}
`;
    node.write('/etc/bird/bird.conf', configuration);
    await startBird(node);
  },
  async sight(node, prefix) {
    const { stdout } = await node.attempt(['birdc', 'show', 'route', 'all', 'protocol', 'herald', prefix]);
    if (!stdout.includes(prefix)) return 'gone';
    return /community:.*\(65535, ?6\)/.test(stdout) ? 'LLGR_STALE' : 'plain';
  },
  forwards: inKernel,
  process: (node) => node.process('bird'),
};

export const gobgp: Router = {
  async start(node, { asn, router, herald }, { kept, noLlgr }) {
    const configuration = `[global.config]
as = ${asn}
router-id = "10.255.0.${asn % 256}"
port = 179
local-address-list = ["::"]
[[neighbors]]
[neighbors.config]
neighbor-address = "${herald}"
peer-as = 65001
[neighbors.transport.config]
local-address = "${router}"
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
[neighbors.graceful-restart.config]
enabled = true
restart-time = ${restartTime}
long-lived-enabled = true
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-unicast"
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true
[neighbors.afi-safis.long-lived-graceful-restart.config]
enabled = true
restart-time = ${staleTime}
`;
    node.write('/etc/gobgpd.toml', configuration);
    await startGobgp(node);
    const add = (...words: string[]) => node.exec(['gobgp', 'global', 'rib', '-a', 'ipv6', 'add', ...words]);
    await add(kept, 'nexthop', router);
    await add(noLlgr, 'nexthop', router, 'community', 'no-llgr');
  },
  async sight(node, prefix) {
    const [path] = (await new Gobgp(node).rib())[prefix] ?? [];
    if (path === undefined) return 'gone';
    return path.attrs.some(({ communities }) => communities?.includes(0xffff_0006)) ? 'LLGR_STALE' : 'plain';
  },
  process: (node) => node.process('gobgpd'),
};
