import { readdirSync, readFileSync } from 'node:fs';
import { arch, hostname, platform } from 'node:os';
import { join } from 'node:path';
import type { DefaultRoute, InterfaceFacts, NodeFacts } from '../controlplane/plan/types.ts';
import { Address } from '../ip/address.ts';
import { interfaceAddresses } from '../link/interfaces.ts';
import type { Network } from '../session/ports.ts';
import { SecretText } from '../session/secret-text.ts';
import type { ControlPlaneConfig } from './config/control-plane.ts';

/** What changes on a machine without anybody telling us. */
export type Machine = Pick<NodeFacts, 'interfaces' | 'defaultRoutes'>;

/** The facts of this node: what its configuration says, and what the machine is like. */
export function nodeFacts(
  config: ControlPlaneConfig,
  machine: Machine,
  capabilities: NodeFacts['capabilities'],
  isReady: boolean,
): NodeFacts {
  const name = config.nodeName ?? hostname();
  const { mode = 'default', ipPool } = config.routerIDAllocation ?? {};
  return {
    name,
    labels: {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': platform(),
      'kubernetes.io/arch': architectures[arch()] ?? arch(),
      ...config.nodeLabels,
    },
    ...machine,
    ipam: config.ipam ?? 'cluster-pool',
    routerId: mode === 'ip-pool' && ipPool !== undefined ? { mode, pool: ipPool } : { mode: 'default' },
    secretsNamespace: config.secretsNamespace ?? 'kube-system',
    services: {
      ready: isReady,
      announceWithoutEndpoints: config.announceWithoutEndpoints ?? true,
      legacyOrigin: config.legacyOriginAttribute ?? false,
    },
    capabilities,
  };
}

/** What this network can do. Looked at only once a peer asks for it, for to know it needs native code. */
export function capabilitiesOf(network: Network): NodeFacts['capabilities'] {
  return {
    get md5() {
      return network.supports?.(localhost, { password: new SecretText('any') }).ok ?? false;
    },
  };
}

const localhost = Address.parse('127.0.0.1');

/** As Kubernetes names them. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The machine as it is now. */
export function thisMachine(): Machine {
  const interfaces = interfacesIn('/sys/class/net');
  const isUp = (device: string) =>
    interfaces.some(({ name, adminUp, operState }) => name === device && adminUp && operState !== 'down');
  return {
    interfaces,
    defaultRoutes: [
      ...ipv4DefaultRoutes(textAt('/proc/net/route'), isUp),
      ...ipv6DefaultRoutes(textAt('/proc/net/ipv6_route'), isUp),
    ],
  };
}

/** IFF_UP. */
const up = 0x1;

function interfacesIn(directory: string): InterfaceFacts[] {
  const addresses = interfaceAddresses();
  return namesIn(directory).map((name) => ({
    name,
    addresses: addresses.filter((each) => each.interface === name).map(({ address }) => address),
    adminUp: (Number(textAt(join(directory, name, 'flags'))) & up) !== 0,
    operState: textAt(join(directory, name, 'operstate')).trim() || 'unknown',
  }));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}

/** Empty when it is not there: an interface may go at any time, and a machine may lack a family. */
function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** RTF_UP. */
const routeUp = 0x1;
/** RTF_REJECT: an unreachable route. */
const routeReject = 0x200;

/**
 * The default routes in the kernel's table of IPv4 routes, whose numbers are those of the machine: little-endian.
 *
 *     Iface  Destination  Gateway   Flags  RefCnt  Use  Metric  Mask ...
 *     eth0   00000000     0100A8C0  0003   0       0    100     00000000
 */
export function ipv4DefaultRoutes(table: string, isUp: (device: string) => boolean): DefaultRoute[] {
  return linesOf(table).flatMap((columns): DefaultRoute[] => {
    const [device, destination, gateway = '', flags = '', , , metric, mask] = columns;
    if (device === undefined || destination !== '00000000' || mask !== '00000000') return [];
    if ((Number.parseInt(flags, 16) & (routeUp | routeReject)) !== routeUp) return [];
    const address = new Address(Uint8Array.from(Buffer.from(gateway, 'hex').reverse()));
    return [route('ipv4', device, address, Number(metric), isUp)];
  });
}

/**
 * The same of IPv6; there is no heading, and the metric is hexadecimal.
 *
 *     destination, its length, source, its length, next hop, metric, reference count, use, flags, device
 */
export function ipv6DefaultRoutes(table: string, isUp: (device: string) => boolean): DefaultRoute[] {
  return linesOf(table).flatMap((columns): DefaultRoute[] => {
    const [destination, length, , , gateway = '', metric = '', , , flags = '', device] = columns;
    if (device === undefined || length !== '00' || !/^0{32}$/.test(destination ?? '')) return [];
    if ((Number.parseInt(flags, 16) & (routeUp | routeReject)) !== routeUp) return [];
    const address = new Address(Uint8Array.from(Buffer.from(gateway, 'hex')));
    return [route('ipv6', device, address, Number.parseInt(metric, 16), isUp)];
  });
}

function route(
  family: DefaultRoute['family'],
  device: string,
  gateway: Address,
  metric: number,
  isUp: (device: string) => boolean,
): DefaultRoute {
  return { family, device, metric, deviceUp: isUp(device), ...(!gateway.isUnspecified && { gateway }) };
}

function linesOf(table: string): string[][] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns.length > 1);
}
