import * as z from 'zod';
import { neighborOf } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import { listenRangeOf, rangePrefixFault, someAddressOf } from '../../api/listen-range.ts';
import { Prefix } from '../../ip/prefix.ts';
import { unprotectedIn } from '../../speaker/listen-range.ts';
import type { ListenRange, Neighbor } from '../../speaker/types.ts';
import { peerFieldsOf, peerShape, reportFaults } from './peer-fields.ts';
import { transport } from './peer-sections.ts';

/** What a range says of the TCP connections of its peers, none of which is dialled. */
const accepted = transport.pick({
  ttlSecurity: true,
  ebgpMultihop: true,
  bindToDevice: true,
  tcpUserTimeoutMilliseconds: true,
});

export const listenRange = z
  .strictObject({
    name: fields.name,
    prefix: fields.prefix.meta({
      description:
        'Whoever connects from it becomes a peer, unless a peer has that address; of several ranges the longest counts.',
    }),
    limit: fields.listenLimit
      .optional()
      .meta({ description: 'How many peers of it there may be at once. Default: 100.' }),
    peerASNs: z
      .array(fields.asnRange)
      .optional()
      .meta({ description: 'Where they may be, each an AS number, or two as in "65010-65020". Default: anywhere.' }),
    ...peerShape,
    transport: accepted.optional(),
  })
  .transform((given, context): ListenRange => {
    const { name, prefix, limit, peerASNs = [] } = given;
    const message = rangePrefixFault(prefix);
    if (message !== undefined) context.issues.push({ code: 'custom', message, path: ['prefix'], input: given });
    const flat = {
      ...peerFieldsOf(given),
      name,
      address: someAddressOf(prefix),
      asn: 0,
      localAddress: undefined,
      localPort: undefined,
      peerPort: undefined,
      passive: true,
      ttlSecurity: given.transport?.ttlSecurity,
      ebgpMultihop: given.transport?.ebgpMultihop,
      bindToDevice: given.transport?.bindToDevice,
      sourceInterface: undefined,
      userTimeout: given.transport?.tcpUserTimeoutMilliseconds,
      adminDown: undefined,
    };
    reportFaults(given, flat, context);
    return listenRangeOf({ name, prefix, limit, asns: peerASNs }, neighborOf(flat));
  });

/** What cannot stand beside the ranges of an instance, and where it is. */
export interface Misplaced {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function misplaced(
  ranges: readonly ListenRange[],
  peers: readonly Neighbor[],
  listens: boolean,
): readonly Misplaced[] {
  if (!listens && ranges.length > 0)
    return [
      { path: ['listenRanges'], message: 'need a localPort: nobody can connect to an instance that does not listen' },
    ];
  return ranges.flatMap((outer) => [
    ...ranges.flatMap((range, index) =>
      range === outer
        ? []
        : faultAt(
            ['listenRanges', index],
            unprotectedIn(outer, [
              { prefix: range.prefix, what: `listen range "${range.name}"`, hasPassword: hasPassword(range.template) },
            ]),
          ),
    ),
    ...peers.flatMap((peer, index) =>
      faultAt(
        ['peers', index],
        unprotectedIn(outer, [
          { prefix: Prefix.host(peer.address), what: `peer "${peer.name}"`, hasPassword: hasPassword(peer) },
        ]),
      ),
    ),
  ]);
}

function faultAt(path: readonly (string | number)[], message: string | undefined): readonly Misplaced[] {
  return message === undefined ? [] : [{ path, message }];
}

function hasPassword({ transport: { password } }: Pick<Neighbor, 'transport'>): boolean {
  return password !== undefined;
}
