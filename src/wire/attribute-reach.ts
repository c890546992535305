import { Address } from '../ip/address.ts';
import { type AttributeRow, field, optionalNonTransitive, wellKnown, writeIPv4 } from './attribute-row.ts';
import { afiOf, family, safiOf } from './family.ts';
import { Malformed, malformedLength, updateError } from './fault.ts';
import { decodeNextHop, encodeNextHop, nextHopProblem } from './next-hop.ts';
import { nlriProblem } from './nlri.ts';
import { u16, type Writer } from './octets.ts';
import type { Nlri } from './update.ts';

// Rows of the attributes that say what can be reached, and by which next hop. The layouts below are of the values; the header before each
// is drawn in attribute.ts.

/**
 *     +------------------+
 *     | IPv4 address (4) |
 *     +------------------+
 */
export const nextHop: AttributeRow = {
  code: 3,
  name: 'NEXT_HOP',
  flags: wellKnown,
  ...field(
    'nextHop',
    (value) => (value.length === 4 ? new Address(value.slice()) : malformedLength(value.length, '4')),
    writeIPv4,
  ),
};

/**
 *     +----------+-----------+----------------------+-----------+---------------+-------+
 *     | AFI (2)  | SAFI (1)  | Next hop length (1)  | Next hop  | Reserved (1)  | NLRI  |   (RFC 4760, 3)
 *     +----------+-----------+----------------------+-----------+---------------+-------+
 */
export const mpReach: AttributeRow = {
  code: 14,
  name: 'MP_REACH_NLRI',
  flags: optionalNonTransitive,
  // RFC 7606, 5.3 and 7.11: then the NLRI cannot be trusted, so there is nothing to withdraw by.
  malformed: 'session-reset',
  wrongFlags: 'session-reset',
  readsEmpty: true,
  read(value, into, context) {
    if (value.length < 5) return badNlri(`length ${value.length} is less than 5`);
    const nlriAt = 5 + (value[3] as number);
    if (nlriAt > value.length) return badNlri('the next hop is cut short');
    const of = family(u16(value, 0), value[2] as number);
    const next = decodeNextHop(value.subarray(4, nlriAt - 1), of, context);
    if (next instanceof Malformed) return next;
    const nlri = { family: of, addPath: context.addPath.has(of), bytes: value.subarray(nlriAt) };
    const nlriFault = nlriProblem(nlri);
    if (nlriFault !== undefined) return badNlri(nlriFault);
    into.reach = { nextHop: next, nlri };
    const problem = nextHopProblem(next);
    // RFC 7606, 7.3 for the NEXT_HOP attribute; draft-ietf-idr-linklocal-capability, 6 says the same of this one.
    return problem === undefined ? undefined : new Malformed(updateError.invalidNextHop, problem, 'treat-as-withdraw');
  },
  has: ({ reach }) => reach !== undefined,
  write(writer, { reach }) {
    if (reach === undefined) return;
    const next = encodeNextHop(reach.nextHop);
    if (next.length > 0xff) throw new RangeError(`a next hop of ${next.length} octets`);
    writeFamily(writer, reach.nlri);
    writer.u8(next.length);
    writer.bytes(next);
    writer.u8(0);
    writer.bytes(reach.nlri.bytes);
  },
};

/**
 *     +----------+-----------+-------------------+
 *     | AFI (2)  | SAFI (1)  | Withdrawn routes  |   (RFC 4760, 4)
 *     +----------+-----------+-------------------+
 */
export const mpUnreach: AttributeRow = {
  code: 15,
  name: 'MP_UNREACH_NLRI',
  flags: optionalNonTransitive,
  malformed: 'session-reset',
  wrongFlags: 'session-reset',
  readsEmpty: true,
  read(value, into, context) {
    if (value.length < 3) return badNlri(`length ${value.length} is less than 3`);
    const of = family(u16(value, 0), value[2] as number);
    const nlri = { family: of, addPath: context.addPath.has(of), bytes: value.subarray(3) };
    const problem = nlriProblem(nlri);
    if (problem !== undefined) return badNlri(problem);
    into.unreach = nlri;
    return undefined;
  },
  has: ({ unreach }) => unreach !== undefined,
  write(writer, { unreach }) {
    if (unreach === undefined) return;
    writeFamily(writer, unreach);
    writer.bytes(unreach.bytes);
  },
};

function writeFamily(writer: Writer, { family: of }: Nlri): void {
  writer.u16(afiOf(of));
  writer.u8(safiOf(of));
}

function badNlri(message: string): Malformed {
  return new Malformed(updateError.optionalAttribute, message);
}
