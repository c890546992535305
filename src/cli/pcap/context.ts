import type { Capability } from '../../wire/capability.ts';
import { decodeMessage } from '../../wire/codec.ts';
import type { Context } from '../../wire/context.ts';
import { BgpError } from '../../wire/error.ts';
import { type Family, ipv4Multicast, ipv4Unicast } from '../../wire/family.ts';
import type { Message, Open } from '../../wire/message.ts';
import { asnOf, capabilityOf } from '../../wire/open.ts';

/**
 * What the sender's messages may be read with, the likeliest first. It is one when both OPENs are known; of one that is
 * not, anything may have been claimed but ADD-PATH, which few do.
 */
export function contextsOf(sender: Open | undefined, receiver: Open | undefined): Context[] {
  const both = (name: Capability['name']) => claims(sender, name) && claims(receiver, name);
  const known = sender !== undefined && receiver !== undefined;
  const fourOctetAs = both('four-octet-as');
  const likeliest: Context = {
    fourOctetAs,
    addPath: new Set(familiesBut('receive', sender).filter((family) => familiesBut('send', receiver).includes(family))),
    extendedMessage: both('extended-message'),
    // Not refused where it was not negotiated: the reader of a capture wants to see it.
    extendedNextHop: new Set([ipv4Unicast, ipv4Multicast]),
    external: known ? asnOf(sender) !== asnOf(receiver) : true,
  };
  if (known) return [likeliest];
  const sizes = fourOctetAs ? [true, false] : [false];
  return sizes.flatMap((size) => [true, false].map((external) => ({ ...likeliest, fourOctetAs: size, external })));
}

export interface Reading {
  readonly message: Message;
  readonly context: Context;
}

/** A message as read with the first context in which it has no faults, or else with the first that can read it. Throws BgpError. */
export function decodeWith(contexts: readonly Context[], bytes: Uint8Array): Reading {
  let fallback: Reading | undefined;
  let refusal: BgpError | undefined;
  for (const context of contexts) {
    try {
      const message = decodeMessage(bytes, context);
      if (message.type !== 'update' || message.faults.length === 0) return { message, context };
      fallback ??= { message, context };
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      refusal ??= error;
    }
  }
  if (fallback !== undefined) return fallback;
  throw refusal ?? new RangeError('no context to read a message with');
}

function claims(open: Open | undefined, name: Capability['name']): boolean {
  return open === undefined || capabilityOf(open, name) !== undefined;
}

/** The families of the ADD-PATH capability (RFC 7911, 4), without those where all it claims is `mode`. */
function familiesBut(mode: 'send' | 'receive', open: Open | undefined): readonly Family[] {
  const families = (open && capabilityOf(open, 'add-path')?.families) ?? [];
  return families.filter((each) => each.mode !== mode).map(({ family }) => family);
}
