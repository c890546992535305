import { type Capability, decodeCapabilities, encodeCapabilities } from './capability.ts';
import { BgpError } from './error.ts';
import { badLength, headerLength, standardMaxLength } from './header.ts';
import type { Open } from './message.ts';
import { u16, u32, Writer } from './octets.ts';

const VERSION = 4;
/** Octets before the optional parameters. */
const FIXED_LENGTH = 10;
/** Optional parameter type: Capabilities (RFC 5492, 4). */
const CAPABILITIES = 2;
/** In the place of the first parameter's type: lengths have two octets (RFC 9072, 2). */
const EXTENDED = 255;

/** The peer's AS number: that of the four-octet AS capability where there is one (RFC 6793, 4.1). */
export function asnOf(open: Open): number {
  return capabilityOf(open, 'four-octet-as')?.asn ?? open.myAs;
}

/** The capability of that name; of several the last one (RFC 4724, 3). Multiprotocol comes once for each family: do not ask for it here. */
export function capabilityOf<N extends Capability['name']>(
  open: Open,
  name: N,
): Extract<Capability, { readonly name: N }> | undefined {
  // Asked a dozen times for each session: `findLast` with a callback was a kilobyte of garbage.
  for (let i = open.capabilities.length - 1; i >= 0; i--) {
    const each = open.capabilities[i];
    if (isNamed(each, name)) return each;
  }
  return undefined;
}

function isNamed<N extends Capability['name']>(
  capability: Capability | undefined,
  name: N,
): capability is Extract<Capability, { readonly name: N }> {
  return capability?.name === name;
}

/**
 * Reads what follows the header (RFC 4271, 4.2), and checks all that needs no configuration.
 *
 *     +---------------+
 *     |    Version    |
 *     +---------------+---------------+
 *     |     My Autonomous System      |
 *     +-------------------------------+
 *     |           Hold Time           |
 *     +-------------------------------+-------------------------------+
 *     |                        BGP Identifier                         |
 *     +---------------+-----------------------------------------------+
 *     | Opt Parm Len  |  Optional Parameters ...
 *     +---------------+
 *
 * Throws BgpError: 2/1 with the version we speak as data, 2/2, 2/3, 2/4, 2/6, or 2/0 for what is malformed.
 */
export function decodeOpen(body: Uint8Array): Open {
  if (body.length < FIXED_LENGTH) throw badLength(headerLength + body.length, 'too short for an OPEN');
  const version = body[0] as number;
  if (version !== VERSION) {
    throw new BgpError(2, 1, `the peer speaks BGP version ${version}, not ${VERSION}`, Uint8Array.of(0, VERSION));
  }
  const open: Open = {
    type: 'open',
    version,
    myAs: u16(body, 1),
    holdTime: u16(body, 3),
    routerId: u32(body, 5),
    capabilities: decodeParameters(body),
  };
  if (open.myAs === 0 || asnOf(open) === 0) throw new BgpError(2, 2, 'AS 0 is reserved (RFC 7607)');
  if (open.holdTime === 1 || open.holdTime === 2) {
    throw new BgpError(2, 6, `a hold time of ${open.holdTime} is neither 0 nor at least 3 seconds`);
  }
  if (open.routerId === 0) throw new BgpError(2, 3, 'the BGP identifier is 0.0.0.0 (RFC 6286)');
  return open;
}

/**
 * The optional parameters, in either form; which one it is, the octet after the first length tells (RFC 9072, 2).
 *
 *     +---------------+---------------+---------------+-----------------
 *     | Opt Parm Len  |  Parm. Type   | Parm. Length  | Parm. Value ...
 *     +---------------+---------------+---------------+-----------------
 *
 *     +---------------+---------------+-------------------------------+
 *     |   not zero    |      255      |    Extended Opt Parm Length   |
 *     +---------------+---------------+---------------+---------------+-----------------
 *                     |  Parm. Type   |          Parm. Length         | Parm. Value ...
 *                     +---------------+-------------------------------+-----------------
 */
function decodeParameters(body: Uint8Array): Capability[] {
  const extended = body[9] !== 0 && body[FIXED_LENGTH] === EXTENDED;
  if (extended && body.length < FIXED_LENGTH + 3) throw malformed('the extended parameter length is cut short');
  const start = extended ? FIXED_LENGTH + 3 : FIXED_LENGTH;
  const length = extended ? u16(body, FIXED_LENGTH + 1) : (body[9] as number);
  if (start + length !== body.length) {
    throw malformed(`${length} octets of optional parameters, where ${body.length - start} are left`);
  }
  const lengthOctets = extended ? 2 : 1;
  const capabilities: Capability[] = [];
  let at = start;
  while (at < body.length) {
    const type = body[at] as number;
    const value = at + 1 + lengthOctets;
    if (value > body.length) throw malformed('an optional parameter is cut short');
    const end = value + (extended ? u16(body, at + 1) : (body[at + 1] as number));
    if (end > body.length) throw malformed('an optional parameter is cut short');
    if (type !== CAPABILITIES) throw new BgpError(2, 4, `optional parameter ${type} is not supported`);
    for (const capability of decodeCapabilities(body.subarray(value, end))) capabilities.push(capability);
    at = end;
  }
  return capabilities;
}

/** One for all OPENs, as for capabilities. */
const scratch = new Writer();

/**
 * What follows the header. All capabilities go into one parameter (RFC 5492, 4); the extended form of RFC 9072 is used
 * only where they need it. Throws RangeError when the message would be longer than 4096 octets, or a value does not fit its field.
 */
export function encodeOpen(open: Open): Uint8Array {
  const capabilities = encodeCapabilities(open.capabilities);
  const out = scratch;
  out.truncate(0);
  out.u8(open.version);
  out.u16(open.myAs);
  out.u16(open.holdTime);
  out.u32(open.routerId);
  if (capabilities.length === 0) {
    out.u8(0);
  } else if (capabilities.length <= 0xff - 2) {
    out.u8(capabilities.length + 2);
    out.u8(CAPABILITIES);
    out.u8(capabilities.length);
  } else {
    out.u8(0xff);
    out.u8(EXTENDED);
    out.u16(capabilities.length + 3);
    out.u8(CAPABILITIES);
    out.u16(capabilities.length);
  }
  out.bytes(capabilities);
  if (headerLength + out.length > standardMaxLength) {
    throw new RangeError(`an OPEN of ${headerLength + out.length} octets, where ${standardMaxLength} is the most`);
  }
  return out.finish();
}

function malformed(message: string): BgpError {
  return new BgpError(2, 0, message);
}
