import { Address } from '../ip/address.ts';
import { formatIPv4 } from '../ip/text.ts';
import { attributeName } from './attribute.ts';
import { type Capability, codeOf } from './capability.ts';
import {
  formatCommunity,
  formatExtendedCommunity,
  formatIPv6ExtendedCommunity,
  formatLargeCommunity,
} from './community.ts';
import { afiName, familyName } from './family.ts';
import type { Message, Open } from './message.ts';
import { isPrefixFamily, prefixesOf } from './nlri.ts';
import { describe, encapsulated, notificationName, shutdownTextOf } from './notification.ts';
import { asnOf } from './open.ts';
import { hex, quote } from './printable.ts';
import { describeRouteRefresh } from './refresh.ts';
import type { AsSegment, Attributes, Fault, NextHop, Nlri, Update } from './update.ts';
import { isEndOfRib } from './update-codec.ts';

/** A message as lines for people; all but the first are indented. A peer's text is escaped: no line holds a control character. */
export function formatMessage(message: Message): string[] {
  switch (message.type) {
    case 'open':
      return formatOpen(message);
    case 'update':
      return formatUpdate(message);
    case 'notification':
      return [`NOTIFICATION ${message.code}/${message.subcode} ${describe(message)}`];
    case 'keepalive':
      return ['KEEPALIVE'];
    case 'route-refresh':
      return [`ROUTE-REFRESH ${describeRouteRefresh(message)}`];
  }
}

function formatOpen(open: Open): string[] {
  const head = `OPEN version ${open.version}, AS ${asnOf(open)}, hold time ${open.holdTime} s, id ${dotted(open.routerId)}`;
  return [head, ...open.capabilities.map((capability) => `  ${formatCapability(capability)}`)];
}

/** Names of the codes that a peer may claim and we carry as bytes. */
const otherCapabilities: ReadonlyMap<number, string> = new Map([
  [3, 'outbound-route-filtering'],
  [7, 'bgpsec'],
  [8, 'multiple-labels'],
  [67, 'dynamic-capability'],
  [68, 'multisession'],
  [74, 'bfd-strict-mode'],
  [76, 'paths-limit'],
  [128, 'route-refresh of before RFC 2918'],
]);

/** The roles of RFC 9234, 4.1, by number. */
const roles = ['provider', 'route server', 'route server client', 'customer', 'peer'];

/** One capability on one line, as in `add-path ipv6/unicast both`. */
export function formatCapability(capability: Capability): string {
  const { name } = capability;
  switch (name) {
    case 'multiprotocol':
      return `${name} ${familyName(capability.family)}`;
    case 'extended-next-hop':
      return listed(
        name,
        capability.entries.map((entry) => `${familyName(entry.family)} via ${afiName(entry.nextHopAfi)}`),
      );
    case 'role':
      return `${name} ${roles[capability.role] ?? capability.role}`;
    case 'graceful-restart': {
      const flags = [capability.restarting && 'restarting', capability.notification && 'notification'];
      const head = [`${name} ${capability.time} s`, ...flags.filter((flag) => flag !== false)].join(', ');
      const families = capability.families.map((each) => familyName(each.family) + forwarding(each));
      return families.length === 0 ? head : `${head}: ${families.join(', ')}`;
    }
    case 'four-octet-as':
      return `${name} ${capability.asn}`;
    case 'add-path':
      return listed(
        name,
        capability.families.map((each) => `${familyName(each.family)} ${each.mode}`),
      );
    case 'long-lived-graceful-restart':
      return listed(
        name,
        capability.families.map((each) => `${familyName(each.family)} ${each.staleTime} s${forwarding(each)}`),
      );
    case 'fqdn':
      return `${name} ${quote(capability.host)} ${quote(capability.domain)}`;
    case 'software-version':
      return `${name} ${quote(capability.version)}`;
    case 'unknown': {
      const known = otherCapabilities.get(capability.code);
      const value = capability.value.length === 0 ? '' : ` 0x${hex(capability.value)}`;
      return `capability ${capability.code}${known === undefined ? '' : ` (${known})`}${value}`;
    }
    default:
      return name;
  }
}

function forwarding(each: { readonly forwarding: boolean }): string {
  return each.forwarding ? ' forwarding' : '';
}

function listed(name: string, items: readonly string[]): string {
  return items.length === 0 ? name : `${name} ${items.join(', ')}`;
}

function formatUpdate(update: Update): string[] {
  const marker = isEndOfRib(update);
  if (marker !== undefined) return [`UPDATE End-of-RIB ${familyName(marker)}`];
  const { reach, unreach, withdrawn, nlri, attributes, faults } = update;
  const lines = ['UPDATE'];
  if (withdrawn !== undefined) lines.push(...formatNlri('withdraw', withdrawn));
  if (unreach !== undefined) lines.push(...formatNlri('withdraw', unreach));
  if (nlri !== undefined) lines.push(...formatNlri('announce', nlri));
  if (reach !== undefined)
    lines.push(...formatNlri('announce', reach.nlri), `  next hop ${formatNextHop(reach.nextHop)}`);
  for (const [name, text] of attributeLines(attributes)) lines.push(text === '' ? `  ${name}` : `  ${name} ${text}`);
  for (const fault of faults) lines.push(`  fault: ${formatFault(fault)}`);
  return lines;
}

function formatNlri(verb: string, nlri: Nlri): string[] {
  const head = `  ${verb} ${familyName(nlri.family)}`;
  if (!isPrefixFamily(nlri.family)) return [`${head} 0x${hex(nlri.bytes)}`];
  return [
    head,
    ...prefixesOf(nlri).map(({ prefix, pathId }) => `    ${prefix}${nlri.addPath ? ` path ${pathId}` : ''}`),
  ];
}

function formatNextHop(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'single':
      return nextHop.address.toString();
    case 'global-and-link-local':
      return `${nextHop.global} ${nextHop.linkLocal}`;
    case 'opaque':
      return `0x${hex(nextHop.bytes)}`;
  }
}

function formatFault({ action, attribute, subcode, message }: Fault): string {
  const where = attribute === 0 ? '' : `${attributeName(attribute) ?? `attribute ${attribute}`}: `;
  return `${action}, 3/${subcode}, ${where}${message}`;
}

/** An AS path as it is written everywhere: `65001 65002 {1,2}`, and confederations in `()` and `[]`. */
export function formatAsPath(path: readonly AsSegment[]): string {
  return path
    .map(({ type, asns }) => {
      switch (type) {
        case 'sequence':
          return asns.join(' ');
        case 'set':
          return `{${asns.join(',')}}`;
        case 'confed-sequence':
          return `(${asns.join(' ')})`;
        case 'confed-set':
          return `[${asns.join(',')}]`;
      }
    })
    .join(' ');
}

function* attributeLines(attributes: Attributes): Generator<readonly [name: string, text: string]> {
  const { origin, asPath, nextHop, med, localPref, aggregator, communities, originatorId, clusterList } = attributes;
  if (origin !== undefined) yield ['origin', origin];
  if (asPath !== undefined) yield ['as path', formatAsPath(asPath) || '(empty)'];
  if (nextHop !== undefined) yield ['next hop', nextHop.toString()];
  if (med !== undefined) yield ['med', String(med)];
  if (localPref !== undefined) yield ['local preference', String(localPref)];
  if (attributes.atomicAggregate) yield ['atomic aggregate', ''];
  if (aggregator !== undefined) yield ['aggregator', `AS ${aggregator.asn} ${aggregator.address}`];
  if (communities !== undefined) yield ['communities', communities.map(formatCommunity).join(' ')];
  if (attributes.largeCommunities !== undefined) {
    yield ['large communities', attributes.largeCommunities.map(formatLargeCommunity).join(' ')];
  }
  if (attributes.extendedCommunities !== undefined) {
    yield ['extended communities', attributes.extendedCommunities.map(formatExtendedCommunity).join(' ')];
  }
  if (attributes.ipv6ExtendedCommunities !== undefined) {
    yield ['ipv6 extended communities', attributes.ipv6ExtendedCommunities.map(formatIPv6ExtendedCommunity).join(' ')];
  }
  if (originatorId !== undefined) yield ['originator', dotted(originatorId)];
  if (clusterList !== undefined) yield ['cluster list', clusterList.map(dotted).join(' ')];
  if (attributes.aigp !== undefined) yield ['aigp', String(attributes.aigp)];
  if (attributes.onlyToCustomer !== undefined) yield ['only to customer', `AS ${attributes.onlyToCustomer}`];
  if (attributes.pmsiTunnel !== undefined) {
    const { flags, type, label, identifier } = attributes.pmsiTunnel;
    yield ['pmsi tunnel', `type ${type}, flags ${flags}, label ${label}, identifier 0x${hex(identifier)}`];
  }
  for (const { flags, code, value } of attributes.unknown ?? []) {
    yield [`attribute ${code}`, `flags 0x${flags.toString(16).padStart(2, '0')}, 0x${hex(value)}`];
  }
}

/**
 * A message as plain JSON. Addresses, prefixes, families, BGP identifiers and communities are texts; octets are hexadecimal
 * digits; 64-bit integers are decimal texts; all else keeps the names of the types. A prefix with a path identifier is
 * `{ prefix, pathId }`.
 */
export function toJson(message: Message): unknown {
  switch (message.type) {
    case 'open':
      return {
        type: message.type,
        version: message.version,
        asn: asnOf(message),
        myAs: message.myAs,
        holdTime: message.holdTime,
        routerId: dotted(message.routerId),
        capabilities: message.capabilities.map((capability) => ({ code: codeOf(capability), ...fields(capability) })),
      };
    case 'update':
      return updateJson(message);
    case 'notification':
      return defined({
        type: message.type,
        code: message.code,
        subcode: message.subcode,
        name: notificationName(message.code, message.subcode),
        text: shutdownTextOf(encapsulated(message) ?? message),
        data: hex(message.data),
      });
    default:
      return fields(message);
  }
}

function updateJson(update: Update): unknown {
  const { withdrawn, nlri, reach, unreach, attributes, faults } = update;
  const endOfRib = isEndOfRib(update);
  return defined({
    type: update.type,
    endOfRib: endOfRib === undefined ? undefined : familyName(endOfRib),
    withdrawn: withdrawn && nlriJson(withdrawn),
    unreach: unreach && nlriJson(unreach),
    nlri: nlri && nlriJson(nlri),
    reach: reach && { nextHop: nextHopJson(reach.nextHop), ...nlriJson(reach.nlri) },
    attributes: attributesJson(attributes),
    faults: faults.length === 0 ? undefined : faults.map(fields),
  });
}

function nlriJson(nlri: Nlri): object {
  const of = familyName(nlri.family);
  if (!isPrefixFamily(nlri.family)) return { family: of, bytes: hex(nlri.bytes) };
  const prefixes = prefixesOf(nlri).map(({ prefix, pathId }) =>
    nlri.addPath ? { prefix: prefix.toString(), pathId } : prefix.toString(),
  );
  return { family: of, prefixes };
}

function nextHopJson(nextHop: NextHop): unknown {
  switch (nextHop.kind) {
    case 'single':
      return nextHop.address.toString();
    case 'global-and-link-local':
      return { global: nextHop.global.toString(), linkLocal: nextHop.linkLocal.toString() };
    case 'opaque':
      return { bytes: hex(nextHop.bytes) };
  }
}

function attributesJson(attributes: Attributes): object {
  const { originatorId, clusterList, ...others } = attributes;
  return defined({
    ...fields(others),
    communities: attributes.communities?.map(formatCommunity),
    largeCommunities: attributes.largeCommunities?.map(formatLargeCommunity),
    extendedCommunities: attributes.extendedCommunities?.map(formatExtendedCommunity),
    ipv6ExtendedCommunities: attributes.ipv6ExtendedCommunities?.map(formatIPv6ExtendedCommunity),
    originatorId: originatorId === undefined ? undefined : dotted(originatorId),
    clusterList: clusterList?.map(dotted),
  });
}

/** The fields of a value as JSON, where one named `family` is by its name. */
function fields(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, key === 'family' ? familyName(field) : plain(field)]),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Address ? value.toString() : fields(value);
}

function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** An unsigned 32-bit integer as the dotted quad that BGP identifiers are written in. */
function dotted(value: number): string {
  return formatIPv4(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value), 0);
}
