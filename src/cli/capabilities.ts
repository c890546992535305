import type * as proto from '../gen/herald/v1/types.ts';
import { type Capability, decodeCapabilities } from '../wire/capability.ts';
import { familyName } from '../wire/family.ts';
import { quote } from '../wire/printable.ts';
import { formatCapability } from '../wire/text.ts';

type Claims = Pick<proto.PeerState, 'localCapabilities' | 'remoteCapabilities'>;
type GracefulRestart = Extract<Capability, { name: 'graceful-restart' }>;

/** A capability and which sides claimed it; both may, with different details. */
interface Claim {
  readonly local: Capability[];
  readonly remote: Capability[];
}

/** What the two OPENs claimed, each capability once, as `cilium-dbg` and FRR show it. */
export function capabilityLines(peer: proto.PeerState): string[] {
  return [
    `BGP neighbor is ${peer.peerAddress}, remote AS ${peer.peerAsn}`,
    '  Neighbor capabilities:',
    ...claimLines(peer).map((line) => `    ${line}`),
  ];
}

/** The same without the head. */
export function claimLines({ localCapabilities, remoteCapabilities }: Claims): string[] {
  const claims = new Map<string, Claim>();
  const note = (side: keyof Claim, capabilities: readonly proto.Capability[]) => {
    for (const capability of capabilities.flatMap(({ raw }) => decodeCapabilities(raw))) {
      const title = titleOf(capability);
      const claim = claims.get(title) ?? { local: [], remote: [] };
      claim[side].push(capability);
      claims.set(title, claim);
    }
  };
  note('local', localCapabilities);
  note('remote', remoteCapabilities);
  return Array.from(claims, ([title, claim]) => [
    `${title}: ${who(claim)}`,
    ...detailsOf('local', claim.local),
    ...detailsOf('remote', claim.remote),
  ]).flat();
}

/** Ours, if our OPEN claims it. */
export function gracefulRestartOf(capabilities: readonly proto.Capability[]): GracefulRestart | undefined {
  return capabilities
    .flatMap(({ raw }) => decodeCapabilities(raw))
    .find((capability): capability is GracefulRestart => capability.name === 'graceful-restart');
}

function who({ local, remote }: Claim): string {
  if (local.length > 0 && remote.length > 0) return 'advertised and received';
  return local.length > 0 ? 'advertised' : 'received';
}

/** What makes two claims the same capability. */
function titleOf(capability: Capability): string {
  switch (capability.name) {
    case 'multiprotocol':
      return formatCapability(capability);
    case 'unknown':
      return formatCapability({ ...capability, value: new Uint8Array() });
    default:
      return capability.name;
  }
}

function detailsOf(side: keyof Claim, capabilities: readonly Capability[]): string[] {
  return capabilities.flatMap((capability) => {
    const [first, ...more] = details(capability);
    return first === undefined ? [] : [`  ${side}: ${first}`, ...more.map((line) => `    ${line}`)];
  });
}

function details(capability: Capability): string[] {
  switch (capability.name) {
    case 'multiprotocol':
      return [];
    case 'graceful-restart': {
      const { time, restarting, notification, families } = capability;
      const flags = [restarting && ', restart flag set', notification && ', notification flag set'];
      return [
        `restart time: ${time} sec${flags.filter((flag) => flag !== false).join('')}`,
        ...families.map(({ family, forwarding }) => familyName(family) + forward(forwarding)),
      ];
    }
    case 'long-lived-graceful-restart':
      return capability.families.map(
        ({ family, staleTime, forwarding }) =>
          `${familyName(family)}, stale time: ${staleTime} sec${forward(forwarding)}`,
      );
    case 'fqdn':
      return [`name: ${quote(capability.host)}, domain: ${quote(capability.domain)}`];
    default: {
      const rest = formatCapability(capability).slice(titleOf(capability).length).replace(/^:? /, '');
      return rest === '' ? [] : [rest];
    }
  }
}

function forward(forwarding: boolean): string {
  return forwarding ? ', forward flag set' : '';
}
