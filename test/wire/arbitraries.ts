import { fc, test } from '@fast-check/vitest';
import { Address } from '../../src/ip/address.ts';
import type { Context } from '../../src/wire/context.ts';
import { type Family, family, ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../../src/wire/family.ts';
import { isPrefixFamily } from '../../src/wire/nlri.ts';
import type {
  AsSegment,
  Attributes,
  NextHop,
  Nlri,
  PmsiTunnel,
  UnknownAttribute,
  Update,
} from '../../src/wire/update.ts';
import { runs } from '../runs.ts';

// Values are drawn straight from fast-check's generator: an UPDATE made of its combinators takes longer than what is tested.

/** How often each property is tried. */
export { runs };

/** A test that the law holds for whatever is drawn, `runs` times; its time limit is no measure of the machine. */
export function law<T>(name: string, arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = runs): void {
  test.prop([arbitrary], { numRuns })(name, holds, 600_000);
}

/** Where a value is drawn from. */
export class Draw {
  readonly #random: fc.Random;

  constructor(random: fc.Random) {
    this.#random = random;
  }

  /** From 0 to `max`, both included. */
  upTo(max: number): number {
    return this.#random.nextInt(0, max);
  }

  between(min: number, max: number): number {
    return this.#random.nextInt(min, max);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.#random.nextInt(1, n) === 1;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.upTo(choices.length - 1)] as T;
  }

  u32(): number {
    return this.#random.nextInt(0, 0xffff_ffff);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.u32();
      for (let j = i; j < length && j < i + 4; j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }

  list<T>(min: number, max: number, item: () => T): T[] {
    return Array.from({ length: this.between(min, max) }, item);
  }
}

/** An arbitrary that draws its values; `simpler` lists what to try in place of a counterexample, simplest first. */
export function drawn<T>(make: (draw: Draw) => T, simpler: (value: T) => Iterable<T> = () => []): fc.Arbitrary<T> {
  return new Drawn(make, simpler);
}

class Drawn<T> extends fc.Arbitrary<T> {
  readonly #make: (draw: Draw) => T;
  readonly #simpler: (value: T) => Iterable<T>;

  constructor(make: (draw: Draw) => T, simpler: (value: T) => Iterable<T>) {
    super();
    this.#make = make;
    this.#simpler = simpler;
  }

  override generate(random: fc.Random): fc.Value<T> {
    return new fc.Value(this.#make(new Draw(random)), undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return false;
  }

  override shrink(value: T): fc.Stream<fc.Value<T>> {
    return fc.stream(values(this.#simpler(value)));
  }
}

function* values<T>(items: Iterable<T>): IterableIterator<fc.Value<T>> {
  for (const item of items) yield new fc.Value(item, undefined);
}

const evpn = family(25, 70);
const vpnIPv4 = family(1, 128);
const families: readonly Family[] = [ipv4Unicast, ipv6Unicast, ipv4Multicast, ipv6Multicast, evpn, vpnIPv4];

export function drawContext(draw: Draw): Context {
  const some = () => new Set(families.filter(() => draw.oneIn(3)));
  return {
    fourOctetAs: !draw.oneIn(3),
    addPath: some(),
    extendedMessage: draw.oneIn(2),
    extendedNextHop: some(),
    external: draw.oneIn(2),
  };
}

export const contexts: fc.Arbitrary<Context> = drawn(drawContext);

function drawIPv4(draw: Draw): Address {
  return new Address(Uint8Array.of(draw.between(1, 223), ...draw.bytes(3)));
}

function drawIPv6(draw: Draw): Address {
  const bytes = draw.bytes(16);
  bytes[0] = draw.pick([0x20, 0xfd, 0xfe, 0]);
  return new Address(bytes);
}

function drawLinkLocal(draw: Draw): Address {
  const bytes = draw.bytes(16);
  bytes.set([0xfe, 0x80, 0, 0, 0, 0, 0, 0]);
  return new Address(bytes);
}

const unspecified = new Address(new Uint8Array(16));

/** A next hop that a route of the family may have in this context. */
export function drawNextHop(draw: Draw, of: Family, { extendedNextHop }: Context): NextHop {
  if (!isPrefixFamily(of)) return { kind: 'opaque', bytes: draw.bytes(draw.pick([0, 4, 12, 16, 24, 48])) };
  const isIPv4 = of === ipv4Unicast || of === ipv4Multicast;
  if (isIPv4 && (!extendedNextHop.has(of) || draw.oneIn(2))) return { kind: 'single', address: drawIPv4(draw) };
  switch (draw.upTo(2)) {
    case 0:
      return { kind: 'single', address: draw.oneIn(2) ? drawLinkLocal(draw) : drawIPv6(draw) };
    default: {
      const global = draw.pick([drawIPv6, drawLinkLocal, () => unspecified])(draw);
      return { kind: 'global-and-link-local', global, linkLocal: drawLinkLocal(draw) };
    }
  }
}

/** NLRI as it comes from the wire: the bits behind each length are anything. */
export function drawNlri(draw: Draw, of: Family, { addPath }: Context, min = 0): Nlri {
  const nlri = { family: of, addPath: addPath.has(of) };
  if (!isPrefixFamily(of)) return { ...nlri, bytes: draw.bytes(draw.between(min, 20)) };
  const bits = of === ipv4Unicast || of === ipv4Multicast ? 32 : 128;
  const bytes: number[] = [];
  const count = draw.oneIn(50) ? draw.between(min, 60) : draw.between(min, 4);
  for (let i = 0; i < count; i++) {
    const length = draw.upTo(bits);
    if (nlri.addPath) bytes.push(...draw.bytes(4));
    bytes.push(length, ...draw.bytes((length + 7) >>> 3));
  }
  return { ...nlri, bytes: Uint8Array.from(bytes) };
}

export function nlris(context: Context): fc.Arbitrary<Nlri> {
  return drawn((draw) => drawNlri(draw, draw.pick(families), context));
}

function drawAsn(draw: Draw): number {
  return draw.oneIn(4) ? draw.between(0x1_0000, 0xffff_ffff) : draw.between(1, 0xffff);
}

/**
 * Confederation segments lead, and in two octets hold no larger number: the rest does not survive two-octet speakers
 * (RFC 6793, 4.2.2).
 */
function drawAsPath(draw: Draw, { external, fourOctetAs }: Context): AsSegment[] {
  const confederations: AsSegment[] = external
    ? []
    : draw.list(0, 1, () => ({
        type: draw.pick(['confed-sequence', 'confed-set'] as const),
        asns: draw.list(1, 3, () => (fourOctetAs ? drawAsn(draw) : draw.between(1, 0xffff))),
      }));
  const long = draw.oneIn(100) ? 255 : 5;
  const others: AsSegment[] = draw.list(0, 2, () => ({
    type: draw.oneIn(4) ? 'set' : 'sequence',
    asns: draw.list(1, long, () => drawAsn(draw)),
  }));
  return [...confederations, ...others];
}

function drawPmsi(draw: Draw): PmsiTunnel {
  return {
    flags: draw.upTo(255),
    type: draw.upTo(255),
    label: draw.upTo(0xff_ffff),
    identifier: draw.bytes(draw.upTo(8)),
  };
}

const unknownCodes = [11, 23, 24, 29, 40, 128, 255];

function drawUnknown(draw: Draw): UnknownAttribute[] {
  return unknownCodes
    .filter(() => draw.oneIn(3))
    .map((code) => ({
      flags: draw.pick([0x80, 0xc0, 0xa0, 0xe0]),
      code,
      value: draw.bytes(draw.oneIn(20) ? 300 : draw.upTo(6)),
    }));
}

function distinct<T>(list: readonly T[], key: (item: T) => unknown): T[] {
  return [...new Map(list.map((item) => [key(item), item])).values()];
}

type Draft = { -readonly [K in keyof Attributes]: Attributes[K] };

/** The optional and transitive attributes that `Attributes` names, with their codes. */
const mayBePartial = [
  ['aggregator', 7],
  ['communities', 8],
  ['extendedCommunities', 16],
  ['pmsiTunnel', 22],
  ['ipv6ExtendedCommunities', 25],
  ['largeCommunities', 32],
  ['onlyToCustomer', 35],
] as const;

/** Any attributes that the context lets through, with those that routes must have; NEXT_HOP is not among them. */
export function drawAttributes(draw: Draw, context: Context): Attributes {
  const attributes: Draft = { origin: draw.pick(['igp', 'egp', 'incomplete']), asPath: drawAsPath(draw, context) };
  if (draw.oneIn(3)) attributes.med = draw.u32();
  if (!context.external) {
    attributes.localPref = draw.u32();
    if (draw.oneIn(4)) attributes.originatorId = draw.u32();
    if (draw.oneIn(4)) attributes.clusterList = draw.list(1, 3, () => draw.u32());
    if (draw.oneIn(6)) attributes.aigp = (BigInt(draw.upTo(0xffff_fffe)) << 32n) | BigInt(draw.u32());
  }
  if (draw.oneIn(5)) attributes.atomicAggregate = true;
  if (draw.oneIn(4)) attributes.aggregator = { asn: drawAsn(draw), address: drawIPv4(draw) };
  if (draw.oneIn(2)) attributes.communities = draw.list(1, draw.oneIn(20) ? 80 : 3, () => draw.u32());
  if (draw.oneIn(4)) attributes.extendedCommunities = draw.list(1, 3, () => draw.bytes(8));
  if (draw.oneIn(6)) attributes.ipv6ExtendedCommunities = draw.list(1, 2, () => draw.bytes(20));
  if (draw.oneIn(4)) {
    const list = draw.list(1, 3, () => [draw.upTo(2), draw.upTo(2), draw.u32()] as const);
    attributes.largeCommunities = distinct(list, String);
  }
  if (draw.oneIn(6)) attributes.onlyToCustomer = draw.u32();
  if (draw.oneIn(8)) attributes.pmsiTunnel = drawPmsi(draw);
  const unknown = draw.oneIn(4) ? drawUnknown(draw) : [];
  if (unknown.length > 0) attributes.unknown = unknown;
  const partial = draw.oneIn(4) ? mayBePartial.filter(([key]) => attributes[key] !== undefined && draw.oneIn(2)) : [];
  if (partial.length > 0) attributes.partial = partial.map(([, code]) => code);
  return attributes;
}

export function attributes(context: Context): fc.Arbitrary<Attributes> {
  return drawn((draw) => drawAttributes(draw, context));
}

type Part = 'withdrawn' | 'nlri' | 'reach' | 'unreach';

/** Any UPDATE without faults that a peer can send in the context; the parts named are there. */
export function drawUpdate(draw: Draw, context: Context, parts: readonly Part[] = drawParts(draw)): Update {
  const is = (part: Part) => parts.includes(part);
  const reachFamily = draw.pick(families);
  const unreachFamily = draw.pick(families);
  const nlri = is('nlri') && { nlri: drawNlri(draw, ipv4Unicast, context, 1) };
  const reach = is('reach') && {
    reach: { nextHop: drawNextHop(draw, reachFamily, context), nlri: drawNlri(draw, reachFamily, context) },
  };
  const isBare = !nlri && !reach && draw.oneIn(2);
  return {
    type: 'update',
    ...(is('withdrawn') && { withdrawn: drawNlri(draw, ipv4Unicast, context, 1) }),
    ...nlri,
    ...reach,
    ...(is('unreach') && { unreach: drawNlri(draw, unreachFamily, context) }),
    attributes: isBare ? {} : { ...drawAttributes(draw, context), ...(nlri && { nextHop: drawIPv4(draw) }) },
    faults: [],
  };
}

function drawParts(draw: Draw): Part[] {
  return (['withdrawn', 'nlri', 'reach', 'unreach'] as const).filter(() => draw.oneIn(2));
}

export function updates(context: Context): fc.Arbitrary<Update> {
  return drawn((draw) => drawUpdate(draw, context), simplerUpdates);
}

/** The same without one field or one attribute. */
function* simplerUpdates(update: Update): Iterable<Update> {
  for (const key of ['withdrawn', 'unreach'] as const) {
    const { [key]: left, ...rest } = update;
    if (left !== undefined) yield rest;
  }
  const needed = ['origin', 'asPath', 'nextHop', 'localPref', 'partial'];
  for (const key of Object.keys(update.attributes)) {
    if (needed.includes(key)) continue;
    const rest = Object.fromEntries(Object.entries(update.attributes).filter(([other]) => other !== key));
    yield { ...update, attributes: rest };
  }
}

/** An UPDATE and the context it is sent in. */
export interface Exchange {
  readonly context: Context;
  readonly update: Update;
}

export function drawExchange(draw: Draw, parts?: readonly Part[]): Exchange {
  const context = drawContext(draw);
  return { context, update: drawUpdate(draw, context, parts) };
}

export const exchanges: fc.Arbitrary<Exchange> = drawn(
  (draw) => drawExchange(draw),
  function* ({ context, update }) {
    for (const simpler of simplerUpdates(update)) yield { context, update: simpler };
  },
);
