import type * as proto from '../../gen/herald/v1/types.ts';
import { AddPathsMode, DefaultAction, Role } from '../../gen/herald/v1/types.ts';
import { formatNextHopMode } from '../../speaker/next-hop-text.ts';
import type { Neighbor } from '../../speaker/types.ts';
import { fromBfdOptions } from './bfd.ts';
import { namesOf } from './scalars.ts';

const defaultActions = { accept: DefaultAction.ACCEPT, reject: DefaultAction.REJECT } as const;

const addPathsModes = { receive: AddPathsMode.RECEIVE, send: AddPathsMode.SEND, both: AddPathsMode.BOTH } as const;
const protoRoles = {
  provider: Role.PROVIDER,
  rs: Role.RS,
  'rs-client': Role.RS_CLIENT,
  customer: Role.CUSTOMER,
  peer: Role.PEER,
} as const;

export function fromNeighbor(neighbor: Neighbor): proto.Neighbor {
  const {
    name,
    address,
    asn,
    timers,
    transport,
    families,
    gracefulRestart,
    nextHop,
    addPaths = [],
    bfd,
    ...actions
  } = neighbor;
  return {
    name,
    address: address.toString(),
    // The address has it.
    interface: '',
    asn,
    timers: {
      connectRetry: timers.connectRetry,
      holdTime: timers.holdTime,
      keepaliveInterval: timers.keepaliveInterval,
      delayOpen: timers.delayOpen,
    },
    transport: {
      localAddress: transport.localAddress?.toString() ?? '',
      localPort: transport.localPort,
      remotePort: transport.remotePort,
      passive: transport.passive,
      ebgpMultihop: transport.ebgpMultihop,
      ttlSecurity: transport.ttlSecurity ?? false,
      bindToDevice: transport.bindToDevice ?? '',
      sourceInterface: transport.sourceInterface ?? '',
      tcpUserTimeoutMilliseconds: transport.userTimeout,
    },
    // Told to nobody.
    authPassword: '',
    families: families.map(namesOf),
    gracefulRestart: gracefulRestart && {
      enabled: true,
      ...gracefulRestart,
      longLived: (gracefulRestart.longLived ?? []).map(({ family, staleTime }) => ({
        family: namesOf(family),
        staleTime,
      })),
    },
    addPaths: addPaths.map(({ family, mode }) => ({ family: namesOf(family), mode: addPathsModes[mode] })),
    nextHop: formatNextHopMode(nextHop ?? { kind: 'auto' }),
    bfd: bfd && fromBfdOptions(bfd),
    defaultExportAction: defaultActions[actions.defaultExportAction],
    defaultImportAction: defaultActions[actions.defaultImportAction],
    adminDown: actions.adminDown,
    maximumPrefixes: (actions.maximumPrefixes ?? []).map((limit) => ({ ...limit, family: namesOf(limit.family) })),
    role: actions.role === undefined ? Role.UNSPECIFIED : protoRoles[actions.role],
    roleStrict: actions.roleStrict ?? false,
  };
}
