import { BgpError } from './error.ts';
import type { Fault, FaultAction, Nlri, Update } from './update.ts';

/** Error code 3 of a NOTIFICATION: UPDATE Message Error. */
const UPDATE_MESSAGE_ERROR = 3;

/** The subcodes of UPDATE Message Error (RFC 4271, 6.3). */
export const updateError = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetworkField: 10,
  malformedAsPath: 11,
} as const;

/** What the decoder of one attribute's value answers instead of a value. */
export class Malformed {
  readonly subcode: number;
  readonly message: string;
  /** Absent: what the attribute's row says. */
  readonly action: FaultAction | undefined;

  constructor(subcode: number, message: string, action?: FaultAction) {
    this.subcode = subcode;
    this.message = message;
    this.action = action;
  }
}

export function malformedLength(length: number, expected: string): Malformed {
  return new Malformed(updateError.attributeLength, `length ${length} is not ${expected}`);
}

/** An UPDATE Message Error whose cause leaves nothing to go on with. */
export function updateMessageError(subcode: number, message: string, data?: Uint8Array): BgpError {
  return new BgpError(UPDATE_MESSAGE_ERROR, subcode, message, data);
}

/** The most severe action among the faults (RFC 7606, 3 h); absent when there are none. */
export function severityOf(faults: readonly Fault[]): FaultAction | undefined {
  let severity: FaultAction | undefined;
  for (const { action } of faults) {
    if (action === 'session-reset') return action;
    if (severity !== 'treat-as-withdraw') severity = action;
  }
  return severity;
}

/** The NOTIFICATION to send when a fault asks for a session reset: that of the first one that does. */
export function resetOf(update: Update): BgpError | undefined {
  const fault = update.faults.find(({ action }) => action === 'session-reset');
  return fault && updateMessageError(fault.subcode, fault.message, fault.data);
}

/** All routes that an UPDATE names, which are withdrawn when it is treated as a withdraw (RFC 7606, 2). */
export function withdrawals(update: Update): Nlri[] {
  return [update.withdrawn, update.unreach, update.nlri, update.reach?.nlri].filter(
    (nlri): nlri is Nlri => nlri !== undefined && nlri.bytes.length > 0,
  );
}
