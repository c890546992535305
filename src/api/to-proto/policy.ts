import type * as proto from '../../gen/herald/v1/types.ts';
import { MatchType, RouteAction, RoutePolicyType } from '../../gen/herald/v1/types.ts';
import { type RoutePolicy, type RoutePolicyStatement, statementsOf } from '../../policy/types.ts';
import { formatCommunity, formatLargeCommunity } from '../../wire/community.ts';
import { namesOf } from './scalars.ts';

const policyTypes = { export: RoutePolicyType.EXPORT, import: RoutePolicyType.IMPORT } as const;
const matchTypes = { any: MatchType.ANY, all: MatchType.ALL, invert: MatchType.INVERT } as const;
const routeActions = { none: RouteAction.NONE, accept: RouteAction.ACCEPT, reject: RouteAction.REJECT } as const;

export function fromPolicy(policy: RoutePolicy): proto.RoutePolicy {
  const { name, type } = policy;
  return { name, type: policyTypes[type], statements: statementsOf(policy).map(fromStatement) };
}

function fromStatement({ name, conditions, actions }: RoutePolicyStatement): proto.RoutePolicyStatement {
  const { matchNeighbors, matchPrefixes, matchFamilies } = conditions;
  return {
    name,
    conditions: {
      matchNeighbors: matchNeighbors && {
        type: matchTypes[matchNeighbors.type],
        neighbors: matchNeighbors.neighbors.map(String),
      },
      matchPrefixes: matchPrefixes && {
        type: matchTypes[matchPrefixes.type],
        prefixes: matchPrefixes.prefixes.map(({ cidr, lengthMin, lengthMax }) => ({
          cidr: cidr.toString(),
          prefixLenMin: lengthMin,
          prefixLenMax: lengthMax,
        })),
      },
      matchFamilies: matchFamilies.map(namesOf),
    },
    actions: {
      routeAction: routeActions[actions.routeAction],
      addCommunities: actions.addCommunities.map(formatCommunity),
      addLargeCommunities: actions.addLargeCommunities.map(formatLargeCommunity),
      setLocalPreference: actions.setLocalPreference,
      nextHop:
        actions.nextHop === undefined
          ? undefined
          : { self: actions.nextHop === 'self', unchanged: actions.nextHop === 'unchanged' },
    },
  };
}
