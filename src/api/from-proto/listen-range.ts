import * as z from 'zod';
import * as proto from '../../gen/herald/v1/types.ts';
import type { AsnRange, ListenRange } from '../../speaker/types.ts';
import { InvalidRequest } from '../errors.ts';
import * as fields from '../fields.ts';
import { listenRangeOf, rangePrefixFault, someAddressOf } from '../listen-range.ts';
import { check } from './check.ts';
import { toNeighbor } from './neighbor.ts';

const unset = (value: unknown) => (value === '' || value === 0 ? undefined : value);

const range = z.object({
  name: z.preprocess(unset, fields.name.optional()),
  prefix: z.preprocess(unset, fields.prefix).superRefine((prefix, context) => {
    const message = rangePrefixFault(prefix);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: prefix });
  }),
  limit: z.preprocess(unset, fields.listenLimit.optional()),
  peerAsns: z.array(
    z
      .object({ first: fields.asn, last: z.preprocess(unset, fields.asn.optional()) })
      .transform(({ first, last = first }): AsnRange => ({ first, last }))
      .refine(({ first, last }) => first <= last, { error: 'must not be below first', path: ['last'] }),
  ),
});

/** Throws InvalidRequest. */
export function toListenRange(message: proto.ListenRange | undefined): ListenRange {
  const { peerAsns, ...checked } = check(range, message, 'range');
  const template = message?.template ?? proto.Neighbor.fromPartial({});
  refuseOthers(template);
  const address = someAddressOf(checked.prefix).toString();
  return listenRangeOf(
    { name: checked.name, prefix: checked.prefix, limit: checked.limit, asns: peerAsns },
    toNeighbor({ ...template, address }, 'range.template'),
  );
}

/** What is one peer's, or for dialling. */
function refuseOthers({ name, address, interface: device, asn, adminDown, transport }: proto.Neighbor): void {
  const { localAddress = '', localPort, remotePort, sourceInterface = '' } = transport ?? {};
  const given = { name, address, interface: device, asn: asn || '', admin_down: adminDown };
  const dialling = {
    local_address: localAddress,
    source_interface: sourceInterface,
    local_port: localPort,
    remote_port: remotePort,
  };
  const names = [
    ...Object.entries(given),
    ...Object.entries(dialling).map(([key, value]) => [`transport.${key}`, value] as const),
  ].flatMap(([key, value]) => (value === '' || value === undefined ? [] : [key]));
  if (names.length > 0)
    throw new InvalidRequest(
      names.map((key) => ({ field: `range.template.${key}`, description: 'is not for the peers of a listen range' })),
    );
}
