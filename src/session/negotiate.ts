import { AS_TRANS } from '../wire/as-path.ts';
import type { Capability } from '../wire/capability.ts';
import type { Context } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import { afiOf, type Family, ipv4Unicast, safiOf } from '../wire/family.ts';
import type { Open } from '../wire/message.ts';
import { asnOf, capabilityOf } from '../wire/open.ts';
import type { Endpoint } from './ports.ts';
import { roleMismatch } from './role.ts';
import type { Negotiated, NegotiatedRestart, SessionConfig } from './types.ts';

/** Our OPEN. */
export function openOf(config: SessionConfig, capabilities = config.capabilities): Open {
  return {
    type: 'open',
    version: 4,
    myAs: config.localAsn > 0xffff ? AS_TRANS : config.localAsn,
    holdTime: config.holdTime,
    routerId: config.routerId,
    capabilities,
  };
}

/**
 * What two OPENs agree on, or the OPEN Message Error (RFC 4271, 6.2) to answer with. It is returned, not thrown. `refusal`: why no session may be
 * with a peer in this AS, beyond what the configuration says.
 */
export function negotiate(
  config: SessionConfig,
  localOpen: Open,
  remoteOpen: Open,
  endpoints: { readonly local: Endpoint; readonly remote: Endpoint },
  refusal: (asn: number) => string | undefined = () => undefined,
): Negotiated | BgpError {
  const peerAsn = asnOf(remoteOpen);
  if (peerAsn === 0) return new BgpError(2, 2, 'AS 0 is reserved (RFC 7607)');
  if (config.peerAsn !== 0 && config.peerAsn !== peerAsn) {
    return new BgpError(2, 2, `the peer is in AS ${peerAsn}, configured is AS ${config.peerAsn}`);
  }
  const refused = refusal(peerAsn);
  if (refused !== undefined) return new BgpError(2, 2, refused);
  const external = peerAsn !== config.localAsn;
  if (remoteOpen.routerId === 0) return new BgpError(2, 3, 'the BGP identifier of the peer is 0.0.0.0');
  if (!external && remoteOpen.routerId === config.routerId) {
    return new BgpError(2, 3, 'the peer is in our AS and has our BGP identifier (RFC 6286)');
  }
  if (remoteOpen.holdTime === 1 || remoteOpen.holdTime === 2) {
    return new BgpError(2, 6, `hold time ${remoteOpen.holdTime} is neither 0 nor at least 3 seconds`);
  }
  const mismatch = external ? roleMismatch(localOpen, remoteOpen, config.roleStrict === true) : undefined;
  if (mismatch !== undefined) return mismatch;
  const families = common(familiesOf(localOpen), familiesOf(remoteOpen));
  if (families.length === 0) {
    return new BgpError(2, 7, 'no address family in common', multiprotocolData(familiesOf(localOpen)));
  }

  const holdTime = Math.min(config.holdTime, remoteOpen.holdTime);
  const both = (name: Capability['name']) => has(localOpen, name) && has(remoteOpen, name);
  const fourOctetAs = both('four-octet-as');
  const receive: Context = {
    fourOctetAs,
    addPath: those(families, (f) => addPath(localOpen, f, 'receive') && addPath(remoteOpen, f, 'send')),
    // What we claim we must take, whatever the peer claims (RFC 8654, 4; RFC 8950, 4).
    extendedMessage: has(localOpen, 'extended-message'),
    extendedNextHop: those(families, (f) => extendedNextHop(localOpen, f)),
    external,
  };
  const send: Context = {
    fourOctetAs,
    addPath: those(families, (f) => addPath(localOpen, f, 'send') && addPath(remoteOpen, f, 'receive')),
    extendedMessage: both('extended-message'),
    extendedNextHop: those(families, (f) => extendedNextHop(localOpen, f) && extendedNextHop(remoteOpen, f)),
    external,
  };
  const gracefulRestart = restartOf(localOpen, remoteOpen, families);
  return {
    peerAsn,
    peerRouterId: remoteOpen.routerId,
    external,
    holdTime,
    keepaliveTime: keepaliveTime(config.keepaliveTime, holdTime),
    families,
    receive,
    send,
    routeRefresh: both('route-refresh'),
    enhancedRouteRefresh: both('enhanced-route-refresh'),
    ...(gracefulRestart && { gracefulRestart }),
    local: endpoints.local,
    remote: endpoints.remote,
    localOpen,
    remoteOpen,
  };
}

/** Three in a hold time, as RFC 4271, 4.4 suggests, or more often when so configured; but never two in one second. */
function keepaliveTime(configured: number, holdTime: number): number {
  if (holdTime === 0) return 0;
  const third = Math.floor(holdTime / 3);
  return Math.max(1, configured === 0 ? third : Math.min(configured, third));
}

/** A peer that says nothing of families speaks IPv4 unicast, as before there were others (RFC 4760, 8). */
function familiesOf(open: Open): readonly Family[] {
  const claimed: Family[] = [];
  for (const c of open.capabilities) if (c.name === 'multiprotocol') claimed.push(c.family);
  return claimed.length === 0 ? [ipv4Unicast] : claimed;
}

/** Those of both, each once, in the order of `ours`. */
function common(ours: readonly Family[], theirs: readonly Family[]): readonly Family[] {
  return ours.filter((family, i) => theirs.includes(family) && ours.indexOf(family) === i);
}

/** Most sessions have no add-path and no other next hops: they share this one. */
const none: ReadonlySet<Family> = new Set();

function those(families: readonly Family[], are: (family: Family) => boolean): ReadonlySet<Family> {
  const found = families.filter(are);
  return found.length === 0 ? none : new Set(found);
}

function has(open: Open, name: Capability['name']): boolean {
  return capabilityOf(open, name) !== undefined;
}

function restartOf(localOpen: Open, remoteOpen: Open, negotiated: readonly Family[]): NegotiatedRestart | undefined {
  const ours = capabilityOf(localOpen, 'graceful-restart');
  const theirs = capabilityOf(remoteOpen, 'graceful-restart');
  if (ours === undefined || theirs === undefined) return undefined;
  const families = theirs.families.filter(({ family }) => negotiated.includes(family));
  const kept = capabilityOf(localOpen, 'long-lived-graceful-restart')?.families ?? [];
  const longLived = (capabilityOf(remoteOpen, 'long-lived-graceful-restart')?.families ?? []).filter(
    ({ family }) => kept.some((ours) => ours.family === family) && families.some((short) => short.family === family),
  );
  return {
    restartTime: theirs.time,
    notification: ours.notification && theirs.notification,
    families: new Map(families.map(({ family, forwarding }) => [family, { forwarding }])),
    longLived: new Map(longLived.map(({ family, forwarding, staleTime }) => [family, { forwarding, staleTime }])),
  };
}

/** RFC 7911, 5: the mode a speaker claims is seen from its own side. */
function addPath(open: Open, family: Family, direction: 'receive' | 'send'): boolean {
  const mode = capabilityOf(open, 'add-path')?.families.find((entry) => entry.family === family)?.mode;
  return mode === 'both' || mode === direction;
}

function extendedNextHop(open: Open, family: Family): boolean {
  return open.capabilities.some(
    (c) => c.name === 'extended-next-hop' && c.entries.some((e) => e.family === family && e.nextHopAfi === 2),
  );
}

/** RFC 5492, 5: the data lists the capabilities we miss, as in an OPEN; here Multiprotocol (1) of each family. */
function multiprotocolData(families: readonly Family[]): Uint8Array {
  return Uint8Array.from(families.flatMap((f) => [1, 4, afiOf(f) >> 8, afiOf(f) & 0xff, 0, safiOf(f)]));
}
