import * as z from 'zod';
import { defined } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import type { RoutePolicy } from '../../policy/types.ts';
import type { BgpGlobal, ListenRange, Neighbor } from '../../speaker/types.ts';
import { listenRange, misplaced } from './listen-range.ts';
import { eachPrefixOnce, type PathConfig, path } from './path.ts';
import { peer } from './peer.ts';
import { routePolicy } from './route-policy.ts';
import { unique } from './unique.ts';

/** One instance as it is to run. */
export interface InstanceConfig {
  readonly name: string;
  readonly global: BgpGlobal;
  readonly listenRanges: readonly ListenRange[];
  readonly neighbors: readonly Neighbor[];
  readonly paths: readonly PathConfig[];
  readonly policies: readonly RoutePolicy[];
}

export const instance = z
  .strictObject({
    name: fields.name,
    localASN: fields.asn,
    routerID: fields.routerId.meta({ description: 'An IPv4 address, unique in the network.' }),
    localPort: fields.port.optional().meta({ description: 'Where to listen. Absent: the instance only dials.' }),
    listenAddresses: z
      .array(fields.address)
      .min(1)
      .optional()
      .meta({ description: 'Default: all addresses, IPv4 and IPv6.' }),
    peers: unique(
      unique(z.array(peer), 'name', ['name'], ({ name }) => name),
      'address',
      ['peerAddress'],
      ({ address }) => address.toString(),
    ).default([]),
    listenRanges: unique(
      unique(z.array(listenRange), 'name', ['name'], ({ name }) => name),
      'prefix',
      ['prefix'],
      ({ prefix }) => prefix.toString(),
    )
      .default([])
      .meta({ description: 'Peers that may appear by themselves.' }),
    paths: z.array(path).transform(eachPrefixOnce).default([]),
    routePolicies: unique(z.array(routePolicy), 'name', ['name'], ({ type, name }) => `${name} (${type})`).default([]),
  })
  .transform((given, context): InstanceConfig => {
    for (const { path: place, message } of misplaced(given.listenRanges, given.peers, given.localPort !== undefined))
      context.issues.push({ code: 'custom', message, path: [...place], input: given });
    return {
      name: given.name,
      global: defined({
        asn: given.localASN,
        routerId: given.routerID,
        listenPort: given.localPort ?? -1,
        listenAddresses: given.listenAddresses,
      }),
      listenRanges: given.listenRanges,
      neighbors: given.peers,
      paths: given.paths,
      policies: given.routePolicies,
    };
  });
