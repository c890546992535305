import { Address } from '../../src/ip/address.ts';
import type { Context } from '../../src/wire/context.ts';
import { BgpError } from '../../src/wire/error.ts';
import { type Family, family } from '../../src/wire/family.ts';

// A second UPDATE decoder, slow and plain, made from the RFCs' sentences alone: no table, no shared helper, one thing after the other.

type Action = 'attribute-discard' | 'treat-as-withdraw' | 'session-reset';

interface Raw {
  readonly flags: number;
  readonly code: number;
  readonly value: number[];
}

export interface Said {
  readonly action: Action;
  readonly attribute: number;
  readonly subcode: number;
}

interface Segment {
  readonly type: 'set' | 'sequence' | 'confed-sequence' | 'confed-set';
  readonly asns: number[];
}

export interface ReferenceUpdate {
  [field: string]: unknown;
  faults: Said[];
}

/** What `decodeUpdate` gives, with the faults in any order and without their words and data. */
export function referenceDecode(bytes: Uint8Array, context: Context): ReferenceUpdate {
  const body = [...bytes];
  const [withdrawn, attributeBytes, nlri] = fields(body);
  const faults: Said[] = [];
  const say = (action: Action, attribute: number, subcode: number) => faults.push({ action, attribute, subcode });
  const result: ReferenceUpdate = { type: 'update', faults: [] };
  let as4Path: Segment[] | undefined;
  let as4Aggregator: object | undefined;
  const out: Record<string, unknown> = {};

  if (withdrawn.length > 0) {
    if (wellFormed(withdrawn, 32, context.addPath.has(family(1, 1))))
      result['withdrawn'] = nlriOf(family(1, 1), withdrawn);
    else say('session-reset', 0, 10);
  }

  const raw = split(attributeBytes, say);
  const known = new Map<number, Raw>();
  const partial: number[] = [];
  const unknown: object[] = [];
  for (const attribute of raw) {
    const { code, flags } = attribute;
    if (known.has(code)) {
      say(code === 14 || code === 15 ? 'session-reset' : 'attribute-discard', code, 1);
      continue;
    }
    known.set(code, attribute);
    const before = faults.length;
    decodeOne(attribute);
    if (faults.length === before && flags >= 0xe0 && [7, 8, 16, 17, 18, 22, 25, 32, 35].includes(code))
      partial.push(code);
  }
  if (partial.length > 0) out['partial'] = partial;
  if (unknown.length > 0) out['unknown'] = unknown;
  mergeOldSpeakers();

  if (nlri.length > 0) {
    if (wellFormed(nlri, 32, context.addPath.has(family(1, 1)))) result['nlri'] = nlriOf(family(1, 1), nlri);
    else say('session-reset', 0, 10);
  } else if (result['reach'] !== undefined) delete out['nextHop'];

  const reach = result['reach'] as { nlri: { bytes: Uint8Array } } | undefined;
  const feasible = result['nlri'] !== undefined || (reach?.nlri.bytes.length ?? 0) > 0;
  if (feasible) {
    const address = out['nextHop'] as Address | undefined;
    const text = address?.bytes.join('.') ?? '';
    if (text === '0.0.0.0' || /^2(2[4-9]|3\d)\./.test(text)) say('treat-as-withdraw', 3, 8);
    for (const code of [1, 2, ...(result['nlri'] === undefined ? [] : [3]), ...(context.external ? [] : [5])]) {
      if (!known.has(code)) say('treat-as-withdraw', code, 3);
    }
  }
  result['attributes'] = out;
  result.faults = feasible
    ? faults
    : faults.map((f) => (f.action === 'treat-as-withdraw' ? { ...f, action: 'session-reset' } : f));
  return result;

  function nlriOf(of: Family, list: number[]) {
    return { family: of, addPath: context.addPath.has(of), bytes: Uint8Array.from(list) };
  }

  function decodeOne({ code, flags, value }: Raw): void {
    const category = flags & 0xc0;
    const wellKnown = [1, 2, 3, 5, 6];
    const nonTransitive = [4, 9, 10, 14, 15, 26];
    const transitive = [7, 8, 16, 17, 18, 22, 25, 32, 35];
    if (![...wellKnown, ...nonTransitive, ...transitive].includes(code)) {
      if (category === 0 || category === 0x40) say('session-reset', code, 2);
      else unknown.push({ flags: flags - (flags % 0x20), code, value: Uint8Array.from(value) });
      return;
    }
    const right = wellKnown.includes(code) ? 0x40 : transitive.includes(code) ? 0xc0 : 0x80;
    if (category !== right) {
      if (code === 14 || code === 15) say('session-reset', code, 9);
      else if (code === 26) say('attribute-discard', code, 4);
      else say('treat-as-withdraw', code, 4);
      return;
    }
    if (context.external && [5, 9, 10, 26].includes(code)) return void say('attribute-discard', code, 1);
    switch (code) {
      case 1:
        if (value.length !== 1) return void say('treat-as-withdraw', 1, 5);
        if ((value[0] as number) > 2) return void say('treat-as-withdraw', 1, 6);
        out['origin'] = ['igp', 'egp', 'incomplete'][value[0] as number];
        return;
      case 2: {
        const path = segments(value, context.fourOctetAs ? 4 : 2);
        if (path === undefined) return void say('treat-as-withdraw', 2, 11);
        if (context.external && path.some((s) => s.type.startsWith('confed'))) {
          return void say('treat-as-withdraw', 2, 11);
        }
        out['asPath'] = path;
        return;
      }
      case 3:
        if (value.length !== 4) return void say('treat-as-withdraw', 3, 5);
        out['nextHop'] = new Address(Uint8Array.from(value));
        return;
      case 4:
        return one('med');
      case 5:
        return one('localPref');
      case 6:
        if (value.length > 0) return void say('attribute-discard', 6, 5);
        out['atomicAggregate'] = true;
        return;
      case 7: {
        const size = context.fourOctetAs ? 4 : 2;
        if (value.length !== size + 4) return void say('attribute-discard', 7, 5);
        if (number(value.slice(0, size)) === 0) return void say('attribute-discard', 7, 9);
        out['aggregator'] = {
          asn: number(value.slice(0, size)),
          address: new Address(Uint8Array.from(value.slice(size))),
        };
        return;
      }
      case 8:
        return many('communities', 4, number);
      case 9:
        return one('originatorId');
      case 10:
        return many('clusterList', 4, number);
      case 14:
        return reachOf(value);
      case 15: {
        if (value.length < 3) return void say('session-reset', 15, 9);
        const of = family(number(value.slice(0, 2)), value[2] as number);
        if (!acceptable(of, value.slice(3))) return void say('session-reset', 15, 9);
        result['unreach'] = nlriOf(of, value.slice(3));
        return;
      }
      case 16:
        return many('extendedCommunities', 8, (list) => Uint8Array.from(list));
      case 17: {
        if (context.fourOctetAs) return void say('attribute-discard', 17, value.length === 0 ? 5 : 9);
        if (value.length === 0) return void say('attribute-discard', 17, 5);
        const path = segments(value, 4);
        if (path === undefined || path.some((s) => s.type.startsWith('confed'))) say('attribute-discard', 17, 11);
        as4Path = path?.filter((s) => !s.type.startsWith('confed'));
        return;
      }
      case 18:
        if (context.fourOctetAs && value.length > 0) return void say('attribute-discard', 18, 9);
        if (value.length !== 8) return void say('attribute-discard', 18, 5);
        if (number(value.slice(0, 4)) === 0) return void say('attribute-discard', 18, 9);
        as4Aggregator = { asn: number(value.slice(0, 4)), address: new Address(Uint8Array.from(value.slice(4))) };
        return;
      case 22:
        if (value.length < 5) return void say('treat-as-withdraw', 22, 5);
        out['pmsiTunnel'] = {
          flags: value[0],
          type: value[1],
          label: number(value.slice(2, 5)),
          identifier: Uint8Array.from(value.slice(5)),
        };
        return;
      case 25:
        return many('ipv6ExtendedCommunities', 20, (list) => Uint8Array.from(list));
      case 26: {
        if (value.length === 0) return void say('attribute-discard', 26, 5);
        const metric = accumulated(value);
        if (metric === 'malformed') return void say('attribute-discard', 26, 9);
        if (metric !== 'none') out['aigp'] = metric;
        return;
      }
      case 32: {
        if (value.length === 0 || value.length % 12 !== 0) return void say('treat-as-withdraw', 32, 5);
        const list = groups(value, 12).map((g) => groups(g, 4).map(number));
        out['largeCommunities'] = list.filter((x, i) => list.findIndex((y) => String(y) === String(x)) === i);
        return;
      }
      case 35:
        return one('onlyToCustomer');
    }

    function one(key: string): void {
      if (value.length !== 4) say('treat-as-withdraw', code, 5);
      else out[key] = number(value);
    }

    function many(key: string, size: number, item: (list: number[]) => unknown): void {
      if (value.length === 0 || value.length % size !== 0) say('treat-as-withdraw', code, 5);
      else out[key] = groups(value, size).map(item);
    }
  }

  function reachOf(value: number[]): void {
    if (value.length < 5) return void say('session-reset', 14, 9);
    const of = family(number(value.slice(0, 2)), value[2] as number);
    const length = value[3] as number;
    const next = value.slice(4, 4 + length);
    const rest = value.slice(4 + length);
    // One octet, the reserved one, has to be left.
    if (rest.length === 0) return void say('session-reset', 14, 9);
    const list = rest.slice(1);
    const nextHop = nextHopOf(of, next);
    if (nextHop === undefined || !acceptable(of, list)) return void say('session-reset', 14, 9);
    result['reach'] = { nextHop, nlri: nlriOf(of, list) };
    const first = next.slice(0, length === 4 ? 4 : 16);
    if (nextHop['kind'] === 'opaque') return;
    const multicast = length === 4 ? (first[0] as number) >> 4 === 14 : first[0] === 255;
    const nothing = first.every((octet) => octet === 0) && nextHop['kind'] === 'single';
    if (multicast || nothing) say('treat-as-withdraw', 14, 8);
  }

  function nextHopOf(of: Family, next: number[]): Record<string, unknown> | undefined {
    const bytes = Uint8Array.from(next);
    const isIPv4 = of === family(1, 1) || of === family(1, 2);
    const isIPv6 = of === family(2, 1) || of === family(2, 2);
    if (!isIPv4 && !isIPv6) return { kind: 'opaque', bytes };
    if (next.length === 4) return isIPv4 ? { kind: 'single', address: new Address(bytes) } : undefined;
    if (isIPv4 && !context.extendedNextHop.has(of)) return undefined;
    if (next.length === 16) return { kind: 'single', address: new Address(bytes) };
    if (next.length !== 32) return undefined;
    const global = new Address(bytes.slice(0, 16));
    if (next[16] !== 0xfe || (next[17] as number) < 0x80 || (next[17] as number) > 0xbf) {
      return { kind: 'single', address: global };
    }
    return { kind: 'global-and-link-local', global, linkLocal: new Address(bytes.slice(16)) };
  }

  function acceptable(of: Family, list: number[]): boolean {
    if (of === family(1, 1) || of === family(1, 2)) return wellFormed(list, 32, context.addPath.has(of));
    if (of === family(2, 1) || of === family(2, 2)) return wellFormed(list, 128, context.addPath.has(of));
    return true;
  }

  function mergeOldSpeakers(): void {
    const aggregator = out['aggregator'] as { asn: number } | undefined;
    if (aggregator !== undefined && as4Aggregator !== undefined) {
      if (aggregator.asn !== 23456) return;
      out['aggregator'] = as4Aggregator;
    }
    const path = out['asPath'] as Segment[] | undefined;
    if (path !== undefined && as4Path !== undefined) out['asPath'] = reconstruct(path, as4Path);
  }
}

/** WITHDRAWN ROUTES, PATH ATTRIBUTES, NLRI. */
function fields(body: number[]): [number[], number[], number[]] {
  const contradiction = new BgpError(3, 1, 'the lengths contradict each other');
  const withdrawnLength = number(body.slice(0, 2));
  const attributesLength = number(body.slice(2 + withdrawnLength, 4 + withdrawnLength));
  if (body.length < 4 || 4 + withdrawnLength + attributesLength > body.length) throw contradiction;
  if (4 + withdrawnLength > body.length) throw contradiction;
  return [
    body.slice(2, 2 + withdrawnLength),
    body.slice(4 + withdrawnLength, 4 + withdrawnLength + attributesLength),
    body.slice(4 + withdrawnLength + attributesLength),
  ];
}

function split(bytes: number[], say: (action: Action, attribute: number, subcode: number) => void): Raw[] {
  if (bytes.length === 0) return [];
  const flags = bytes[0] as number;
  const extended = Math.floor(flags / 16) % 2 === 1;
  if (bytes.length < (extended ? 4 : 3)) {
    say('treat-as-withdraw', 0, 1);
    return [];
  }
  const code = bytes[1] as number;
  const length = number(extended ? bytes.slice(2, 4) : bytes.slice(2, 3));
  const header = extended ? 4 : 3;
  if (bytes.length < header + length) {
    say(code === 14 || code === 15 ? 'session-reset' : 'treat-as-withdraw', code, 1);
    return [];
  }
  return [{ flags, code, value: bytes.slice(header, header + length) }, ...split(bytes.slice(header + length), say)];
}

/** RFC 7606, 5.3. */
function wellFormed(bytes: number[], bits: number, addPath: boolean): boolean {
  if (bytes.length === 0) return true;
  const list = addPath ? bytes.slice(4) : bytes;
  const [length, ...rest] = list;
  if (length === undefined || length > bits) return false;
  const octets = Math.ceil(length / 8);
  return rest.length >= octets && wellFormed(rest.slice(octets), bits, addPath);
}

/** RFC 7606, 7.2 and RFC 7607; undefined: malformed. */
function segments(bytes: number[], size: number): Segment[] | undefined {
  if (bytes.length === 0) return [];
  const [code, count, ...rest] = bytes;
  const type = ([undefined, 'set', 'sequence', 'confed-sequence', 'confed-set'] as const)[code as number];
  if (type === undefined || count === undefined || count === 0 || rest.length < count * size) return undefined;
  const asns = groups(rest.slice(0, count * size), size).map(number);
  const others = segments(rest.slice(count * size), size);
  return others === undefined || asns.includes(0) ? undefined : [{ type, asns }, ...others];
}

/** RFC 6793, 4.2.3: one AS number after the other is taken from the front of AS_PATH, until the lengths agree. */
function reconstruct(path: Segment[], as4Path: Segment[]): Segment[] {
  let missing = count(path) - count(as4Path);
  if (missing < 0) return path;
  const front: Segment[] = [];
  for (const segment of path) {
    if (segment.type === 'confed-sequence' || segment.type === 'confed-set') front.push(segment);
    else if (missing === 0) break;
    else if (segment.type === 'set') {
      front.push(segment);
      missing -= 1;
    } else {
      const taken = segment.asns.slice(0, missing);
      front.push({ type: 'sequence', asns: taken });
      missing -= taken.length;
      if (taken.length < segment.asns.length) break;
    }
  }
  const last = front[front.length - 1];
  const first = as4Path[0];
  if (last?.type === 'sequence' && first?.type === 'sequence' && last.asns.length + first.asns.length < 256) {
    return [...front.slice(0, -1), { type: 'sequence', asns: last.asns.concat(first.asns) }, ...as4Path.slice(1)];
  }
  return [...front, ...as4Path];
}

function count(path: Segment[]): number {
  const each = path.map(({ type, asns }) => (type === 'sequence' ? asns.length : type === 'set' ? 1 : 0));
  return each.reduce<number>((sum, length) => sum + length, 0);
}

/** RFC 7311, 3: the metric of the first TLV of type 1. */
function accumulated(bytes: number[]): bigint | 'none' | 'malformed' {
  if (bytes.length === 0) return 'none';
  const length = number(bytes.slice(1, 3));
  if (bytes.length < 3 || length < 3 || length > bytes.length) return 'malformed';
  const others = accumulated(bytes.slice(length));
  if (bytes[0] !== 1) return others;
  if (length !== 11) return 'malformed';
  const metric = BigInt(
    `0x${bytes
      .slice(3, 11)
      .map((octet) => octet.toString(16).padStart(2, '0'))
      .join('')}`,
  );
  if (metric === 2n ** 64n - 1n) return 'malformed';
  return wellFormedTlvs(bytes.slice(length)) ? metric : 'malformed';
}

function wellFormedTlvs(bytes: number[]): boolean {
  if (bytes.length === 0) return true;
  const length = number(bytes.slice(1, 3));
  return bytes.length >= 3 && length >= 3 && length <= bytes.length && wellFormedTlvs(bytes.slice(length));
}

function number(bytes: number[]): number {
  return bytes.reduce((value, octet) => value * 256 + octet, 0);
}

function groups(list: number[], size: number): number[][] {
  return list.length === 0 ? [] : [list.slice(0, size), ...groups(list.slice(size), size)];
}
