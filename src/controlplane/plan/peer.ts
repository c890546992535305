import { type Address, AddressError } from '../../ip/address.ts';
import type { SecretText } from '../../session/secret-text.ts';
import { defaultGracefulRestart } from '../../speaker/graceful-restart.ts';
import { parseNextHopMode } from '../../speaker/next-hop-text.ts';
import { routerOn } from '../../speaker/target.ts';
import type { AddPathFamily } from '../../wire/capability.ts';
import { type Family, parseFamily } from '../../wire/family.ts';
import { isPrefixFamily } from '../../wire/nlri.ts';
import type { BGPFamily, BGPFamilyWithAdverts, BGPNodePeer, Secret } from '../resources/types.ts';
import { type PeerConfigWithDefaults, peerConfigWithDefaults } from '../resources/with-defaults.ts';
import { addressOf, usableAddresses } from './addresses.ts';
import { bestDefaultRoute, defaultGateway } from './default-gateway.ts';
import { overrideOf } from './node-config.ts';
import type { ResourceSet } from './resource-set.ts';
import type { HeldReason, NodeFacts, PlannedNeighbor } from './types.ts';

/** Why a peer is not run. */
interface Held {
  readonly kind: 'held';
  readonly reason: HeldReason;
  readonly message: string;
}

type Found<T> = { readonly kind: 'found'; readonly value: T } | Held;

/** What one peer of an instance becomes. */
export function neighborOf(
  instance: string,
  peer: BGPNodePeer,
  resources: ResourceSet,
  facts: NodeFacts,
): Found<PlannedNeighbor> {
  const reference = peer.peerConfigRef?.name;
  const peerConfig = reference === undefined ? undefined : resources.find('CiliumBGPPeerConfig', reference);
  if (reference !== undefined && peerConfig === undefined)
    return held('MissingPeerConfig', `CiliumBGPPeerConfig "${reference}" does not exist`);
  const config = peerConfigWithDefaults(peerConfig?.spec ?? {});

  const address = peerAddress(peer, facts);
  if (address.kind === 'held') return address;
  const localAddress = sourceAddress(peer, config, address.value, facts);
  if (localAddress.kind === 'held') return localAddress;
  const password = passwordOf(config, resources, facts);
  if (password.kind === 'held') return password;
  const families = familiesOf(config.families);
  if (families.length === 0) return held('UnsupportedFamilies', 'none of the families is supported');

  const override = overrideOf(resources, facts.name, instance)?.peers?.find(({ name }) => name === peer.name);
  const { timers, gracefulRestart, bfd } = config;
  const addPaths = addPathsOf(config.families);
  const nextHop = config.nextHop === undefined ? undefined : parseNextHopMode(config.nextHop);
  return found({
    name: peer.name,
    address: address.value,
    asn: peer.peerASN ?? 0,
    timers: {
      connectRetry: timers.connectRetryTimeSeconds,
      holdTime: timers.holdTimeSeconds,
      keepaliveInterval: timers.keepAliveTimeSeconds,
      delayOpen: 0,
    },
    transport: {
      ...(localAddress.value !== undefined && { localAddress: localAddress.value }),
      ...(override?.localPort !== undefined && { localPort: override.localPort }),
      remotePort: config.transport.peerPort,
      passive: false,
      ...(password.value !== undefined && { password: password.value }),
      // 1 is what Cilium has for everybody, whether they ask for it or not.
      ...(config.ebgpMultihop > 1 && { ebgpMultihop: config.ebgpMultihop }),
    },
    families,
    ...(addPaths.length > 0 && { addPaths }),
    ...(nextHop && nextHop.kind !== 'auto' && { nextHop }),
    ...(bfd.enabled && {
      bfd: {
        transmitInterval: bfd.transmitIntervalMilliseconds,
        receiveInterval: bfd.receiveIntervalMilliseconds,
        detectionMultiplier: bfd.detectionMultiplier,
        strict: bfd.strict,
      },
    }),
    defaultExportAction: 'reject',
    defaultImportAction: 'reject',
    ...(gracefulRestart.enabled && {
      gracefulRestart: { ...defaultGracefulRestart, restartTime: gracefulRestart.restartTimeSeconds },
    }),
  });
}

/** The families whose routes are prefixes: no others are spoken. */
export function familiesOf(families: readonly BGPFamily[]): readonly Family[] {
  return [...new Set(families.flatMap((family) => familyOf(family) ?? []))];
}

/** By family, each once: the last that says something of it counts. */
function addPathsOf(families: readonly BGPFamilyWithAdverts[]): readonly AddPathFamily[] {
  const modes = families.flatMap((given) => {
    const family = familyOf(given);
    return family === undefined || given.addPaths === undefined ? [] : [[family, given.addPaths] as const];
  });
  return Array.from(new Map(modes), ([family, mode]) => ({ family, mode }));
}

/** Undefined for a family that is not supported. */
export function familyOf({ afi, safi }: BGPFamily): Family | undefined {
  const family = parseFamily(`${afi}/${safi}`);
  return family !== undefined && isPrefixFamily(family) ? family : undefined;
}

function found<T>(value: T): Found<T> {
  return { kind: 'found', value };
}

function held(reason: HeldReason, message: string): Held {
  return { kind: 'held', reason, message };
}

function peerAddress(
  { peerAddress: text, peerInterface, autoDiscovery }: BGPNodePeer,
  facts: NodeFacts,
): Found<Address> {
  if (text !== undefined) {
    const hasZone = peerInterface === undefined || text.includes('%');
    const address = addressOf(hasZone ? text : `${text}%${peerInterface}`);
    if (address === undefined || address.isUnspecified || address.isMulticast)
      return held('InvalidAddress', `"${text}" is not the address of a peer`);
    if (address.isLinkLocal && address.zone === undefined)
      return held('InvalidAddress', `a link-local address needs its interface, as in ${address}%eth0`);
    return found(address);
  }
  if (autoDiscovery === undefined) return held('NoPeerAddress', 'neither peerAddress nor autoDiscovery is set');
  if (!('defaultGateway' in autoDiscovery)) return routerAt(autoDiscovery.unnumbered.interface);
  const { addressFamily } = autoDiscovery.defaultGateway;
  const best = bestDefaultRoute(facts.defaultRoutes, addressFamily);
  if (best !== undefined && autoDiscovery.mode === 'Unnumbered') return routerAt(best.device);
  const gateway = defaultGateway(facts.defaultRoutes, addressFamily);
  return gateway === undefined
    ? held('NoDefaultGateway', `there is no default ${addressFamily} route with a gateway on a device that is up`)
    : found(gateway);
}

/** Whichever router is on an interface: its speaker looks for it. */
function routerAt(name: string): Found<Address> {
  try {
    return found(routerOn(name));
  } catch (error) {
    if (error instanceof AddressError) return held('InvalidAddress', `"${name}" cannot be the name of an interface`);
    throw error;
  }
}

/** The local address of the session; undefined: the kernel chooses. */
function sourceAddress(
  { localAddress }: BGPNodePeer,
  { transport }: PeerConfigWithDefaults,
  peer: Address,
  { interfaces }: NodeFacts,
): Found<Address | undefined> {
  if (localAddress !== undefined) {
    const address = addressOf(localAddress);
    return address !== undefined && address.isIPv4 === peer.isIPv4
      ? found(address)
      : held('InvalidAddress', `local address "${localAddress}" is not of the same family as the peer's, ${peer}`);
  }
  const { sourceInterface } = transport;
  if (sourceInterface === undefined) return found(undefined);
  const device = interfaces.find(({ name }) => name === sourceInterface);
  if (device === undefined) return held('NoSourceAddress', `there is no interface ${sourceInterface}`);
  const [address, ...others] = usableAddresses(device).filter(({ isIPv4 }) => isIPv4 === peer.isIPv4);
  if (address !== undefined && others.length === 0) return found(address);
  const count = address === undefined ? 'no' : `${others.length + 1}`;
  const family = peer.isIPv4 ? 'IPv4' : 'IPv6';
  return held(
    'NoSourceAddress',
    `interface ${sourceInterface} has ${count} usable ${family} addresses, and one is needed`,
  );
}

function passwordOf(
  { authSecretRef }: PeerConfigWithDefaults,
  resources: ResourceSet,
  facts: NodeFacts,
): Found<SecretText | undefined> {
  if (authSecretRef === undefined) return found(undefined);
  // Without the password there is no attempt at all: one without a signature would be open to anybody.
  const secret = authSecret(authSecretRef, resources, facts);
  if (secret.kind === 'missing') return held('MissingAuthSecret', secret.message);
  if (facts.capabilities.md5) return found(secret.password);
  return held('PasswordUnsupported', 'password needs TCP MD5 (RFC 2385), which is not available here');
}

export type AuthSecret =
  | { readonly kind: 'password'; readonly password: SecretText }
  | { readonly kind: 'missing'; readonly message: string };

/** The password that a CiliumBGPPeerConfig refers to. */
export function authSecret(name: string, resources: ResourceSet, { secretsNamespace }: NodeFacts): AuthSecret {
  const missing = (message: string): AuthSecret => ({ kind: 'missing', message });
  if (secretsNamespace === undefined)
    return missing(`Referenced Auth Secret "${name}" cannot be read: no namespace for secrets is configured`);
  const secret: Secret | undefined = resources.find('Secret', name, secretsNamespace);
  if (secret === undefined) return missing(`Referenced Auth Secret "${name}" is missing`);
  const password = secret.data['password'];
  if (password === undefined || password.reveal() === '')
    return missing(`Referenced Auth Secret "${name}" has no key "password"`);
  return { kind: 'password', password };
}
