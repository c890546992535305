import { attributeName, type Reading, readAttributes, writeAttributes, writeMpAttributes } from './attribute.ts';
import { wellKnown } from './attribute-row.ts';
import { attributeCode } from './attribute-table.ts';
import type { Context } from './context.ts';
import { afiOf, type Family, ipv4Unicast } from './family.ts';
import { updateError, updateMessageError } from './fault.ts';
import { headerLength, maxLengthOf } from './header.ts';
import { addressProblem } from './next-hop.ts';
import { emptyNlri, isPrefixFamily, nlriProblem } from './nlri.ts';
import { u16, Writer } from './octets.ts';
import type { Fault, Nlri, Reach, Update } from './update.ts';

const NO_DATA = new Uint8Array(0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Decodes an UPDATE without its header. The bytes of each `Nlri` are a view into `body`: who keeps them copies them. Nothing else
 * in the result shares memory with it.
 *
 * Whatever is wrong is a fault of the result, also what asks for a session reset (see `resetOf`), and what a fault concerns is
 * left out: an attribute, or NLRI that cannot be parsed. Throws BgpError only when the lengths inside contradict that of the
 * body (RFC 7606, 3 b).
 *
 *     +----------------------------+-------------------+--------------------------+------------------+-------+
 *     | Withdrawn Routes Length (2)| Withdrawn Routes  | Total Attributes Length (2)| Path Attributes | NLRI |
 *     +----------------------------+-------------------+--------------------------+------------------+-------+
 */
export function decodeUpdate(body: Uint8Array, context: Context): Update {
  if (body.length < 4) throw inconsistent('the message is too short for an UPDATE');
  const attributesAt = 4 + u16(body, 0);
  if (attributesAt > body.length) throw inconsistent('the withdrawn routes exceed the message');
  const nlriAt = attributesAt + u16(body, attributesAt - 2);
  if (nlriAt > body.length) throw inconsistent('the path attributes exceed the message');

  const withdrawn = ipv4(body.subarray(2, attributesAt - 2), context);
  const nlri = ipv4(body.subarray(nlriAt), context);
  const reading = readAttributes(body.subarray(attributesAt, nlriAt), context);
  const { attributes, reach, unreach } = reading.parts;

  const faults: Fault[] = [];
  const update: Mutable<Update> = { type: 'update', attributes, faults };
  if (withdrawn !== undefined) {
    const problem = nlriProblem(withdrawn);
    if (problem === undefined) update.withdrawn = withdrawn;
    else faults.push(invalidNetwork(`withdrawn routes: ${problem}`));
  }
  for (const fault of reading.faults) faults.push(fault);
  if (reach !== undefined) update.reach = reach;
  if (unreach !== undefined) update.unreach = unreach;
  if (nlri !== undefined) {
    const problem = nlriProblem(nlri);
    if (problem === undefined) update.nlri = nlri;
    else faults.push(invalidNetwork(`NLRI: ${problem}`));
  }
  // RFC 4760, 3: without NLRI of its own NEXT_HOP means nothing beside MP_REACH_NLRI.
  if (nlri === undefined && reach !== undefined && attributes.nextHop !== undefined) {
    const { nextHop: _ignored, ...others } = attributes;
    update.attributes = others;
  }
  update.faults = checkedAsAWhole(update, reading, context);
  return update;
}

/** All faults, with those that only the whole message shows. */
function checkedAsAWhole(update: Update, reading: Reading, { external }: Context): readonly Fault[] {
  const hasReachable = update.nlri !== undefined || (update.reach !== undefined && update.reach.nlri.bytes.length > 0);
  if (!hasReachable) {
    // RFC 7606, 5.2: after an error we cannot be sure that there was nothing to withdraw.
    return update.faults.map((fault) =>
      fault.action === 'treat-as-withdraw' ? { ...fault, action: 'session-reset' } : fault,
    );
  }
  const faults = [...update.faults];
  const { nextHop } = update.attributes;
  const problem = nextHop && addressProblem(nextHop);
  if (nextHop !== undefined && problem !== undefined) {
    const data = Uint8Array.of(wellKnown, attributeCode.nextHop, 4, ...nextHop.bytes);
    faults.push(withdrawing(attributeCode.nextHop, updateError.invalidNextHop, `NEXT_HOP: ${problem}`, data));
  }
  // RFC 7606, 3 d. LOCAL_PREF is mandatory between internal peers (RFC 4271, 5.1.5).
  const mandatory = [attributeCode.origin, attributeCode.asPath];
  if (update.nlri !== undefined) mandatory.push(attributeCode.nextHop);
  if (!external) mandatory.push(attributeCode.localPref);
  for (const code of mandatory) {
    if (reading.seen.includes(code)) continue;
    faults.push(
      withdrawing(code, updateError.missingWellKnown, `${attributeName(code)} is missing`, Uint8Array.of(code)),
    );
  }
  return faults;
}

function withdrawing(attribute: number, subcode: number, message: string, data: Uint8Array): Fault {
  return { action: 'treat-as-withdraw', attribute, subcode, message, data };
}

/** RFC 7606, 3 j and 5.3. */
function invalidNetwork(message: string): Fault {
  return { action: 'session-reset', attribute: 0, subcode: updateError.invalidNetworkField, message, data: NO_DATA };
}

function inconsistent(message: string) {
  return updateMessageError(updateError.malformedAttributeList, message);
}

function ipv4(bytes: Uint8Array, { addPath }: Context): Nlri | undefined {
  if (bytes.length === 0) return undefined;
  return { family: ipv4Unicast, addPath: addPath.has(ipv4Unicast), bytes };
}

/**
 * Encodes an UPDATE without its header: MP_REACH_NLRI and MP_UNREACH_NLRI before the other attributes (RFC 7606, 5.1), the others
 * as `encodeAttributes` does. What goes together in one UPDATE is up to the caller (RFC 7606, 5.1 wants one kind of NLRI).
 *
 * Throws RangeError for what the session cannot carry: a message longer than it allows, NLRI with path identifiers where none
 * were negotiated or the reverse, an IPv6 next hop for IPv4 without RFC 8950, or a value that has no encoding.
 */
export function encodeUpdate(update: Update, context: Context): Uint8Array {
  const { withdrawn, nlri, reach, unreach, attributes } = update;
  const writer = new Writer();
  writer.u16(0);
  if (withdrawn !== undefined) writeIPv4(writer, withdrawn, context);
  writer.patchU16(0, writer.length - 2);
  const attributesAt = writer.length + 2;
  writer.u16(0);
  if (reach !== undefined) {
    checkAddPath(reach.nlri, context);
    checkNextHop(reach, context);
  }
  if (unreach !== undefined) checkAddPath(unreach, context);
  writeMpAttributes(writer, update, context);
  writeAttributes(writer, attributes, context);
  const attributesLength = writer.length - attributesAt;
  writer.patchU16(attributesAt - 2, attributesLength);
  if (nlri !== undefined) writeIPv4(writer, nlri, context);
  const length = writer.length + headerLength;
  if (length > maxLengthOf(context)) throw new RangeError(`an UPDATE of ${length} octets is too long`);
  return writer.finish();
}

function writeIPv4(writer: Writer, nlri: Nlri, context: Context): void {
  if (nlri.family !== ipv4Unicast) throw new RangeError(`NLRI of family ${nlri.family} outside of MP_REACH_NLRI`);
  checkAddPath(nlri, context);
  writer.bytes(nlri.bytes);
}

function checkAddPath({ family, addPath, bytes }: Nlri, context: Context): void {
  if (bytes.length > 0 && addPath !== context.addPath.has(family)) {
    throw new RangeError(`NLRI of family ${family} is ${addPath ? 'with' : 'without'} path identifiers`);
  }
}

function checkNextHop({ nextHop, nlri }: Reach, { extendedNextHop }: Context): void {
  if (!isPrefixFamily(nlri.family) === (nextHop.kind !== 'opaque')) {
    throw new RangeError(`a next hop of kind ${nextHop.kind} for family ${nlri.family}`);
  }
  if (nextHop.kind === 'opaque') return;
  const isIPv4 = nextHop.kind === 'single' && nextHop.address.isIPv4;
  if (afiOf(nlri.family) === 2 ? isIPv4 : !isIPv4 && !extendedNextHop.has(nlri.family)) {
    throw new RangeError(`an ${isIPv4 ? 'IPv4' : 'IPv6'} next hop for family ${nlri.family}`);
  }
}

/** The End-of-RIB marker of a family (RFC 4724, 2). */
export function endOfRib(family: Family): Update {
  const marker = { type: 'update', attributes: {}, faults: [] } as const;
  return family === ipv4Unicast ? marker : { ...marker, unreach: emptyNlri(family) };
}

/** The family whose End-of-RIB marker this is; absent when it is none. Both forms count for IPv4 unicast (RFC 7606, 5.2). */
export function isEndOfRib({ withdrawn, nlri, reach, unreach, attributes, faults }: Update): Family | undefined {
  if (withdrawn !== undefined || nlri !== undefined || reach !== undefined || faults.length > 0) return undefined;
  if (unreach !== undefined && unreach.bytes.length > 0) return undefined;
  if (Object.keys(attributes).length > 0) return undefined;
  return unreach === undefined ? ipv4Unicast : unreach.family;
}
