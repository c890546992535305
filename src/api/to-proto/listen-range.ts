import type * as proto from '../../gen/herald/v1/types.ts';
import type { ListenRangeState } from '../../speaker/types.ts';
import { someAddressOf } from '../listen-range.ts';
import { fromNeighbor } from './neighbor.ts';

export function fromListenRange({ range: of, peers, refused, problem = '' }: ListenRangeState): proto.ListenRangeState {
  const { name, prefix, limit, asns, template } = of;
  const like = fromNeighbor({ ...template, name, address: someAddressOf(prefix), asn: 0 });
  return {
    range: {
      name,
      prefix: prefix.toString(),
      limit,
      peerAsns: asns.map(({ first, last }) => ({ first, last })),
      template: {
        ...like,
        name: '',
        address: '',
        transport: like.transport && { ...like.transport, remotePort: undefined },
      },
    },
    peers,
    refused: BigInt(refused),
    problem,
  };
}
