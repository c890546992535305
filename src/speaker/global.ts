import { SpeakerError } from './error.ts';
import { routerIdOf } from './session-config.ts';
import type { BgpGlobal } from './types.ts';

/** Throws SpeakerError for a router id, an ASN or a port out of range. */
export function checkGlobal({ asn, routerId, listenPort }: BgpGlobal): void {
  if (!Number.isInteger(asn) || asn < 1 || asn > 4294967295)
    throw new SpeakerError('invalid-argument', `ASN ${asn} is not in 1..4294967295`);
  if (listenPort !== -1 && (!Number.isInteger(listenPort) || listenPort < 0 || listenPort > 65535))
    throw new SpeakerError('invalid-argument', `listen port ${listenPort} is not in 0..65535`);
  let id = 0;
  try {
    id = routerIdOf(routerId);
  } catch {
    throw new SpeakerError('invalid-argument', `router id "${routerId}" is not an IPv4 address`);
  }
  if (id === 0) throw new SpeakerError('invalid-argument', 'router id 0.0.0.0 is not allowed (RFC 6286)');
}
