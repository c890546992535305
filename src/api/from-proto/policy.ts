import * as z from 'zod';
import type * as proto from '../../gen/herald/v1/types.ts';
import { MatchType, RouteAction, RoutePolicyType } from '../../gen/herald/v1/types.ts';
import type { RoutePolicy, RoutePolicyStatement } from '../../policy/types.ts';
import { actionsOf, defined, prefixMatchFault, prefixMatchOf } from '../build.ts';
import * as fields from '../fields.ts';
import { check, choice, family, required, unlessEmpty } from './check.ts';

const matchType = choice({ [MatchType.ANY]: 'any', [MatchType.ALL]: 'all', [MatchType.INVERT]: 'invert' }).transform(
  (type) => type ?? 'any',
);

const prefixMatch = z
  .object({
    cidr: required(fields.prefix),
    prefixLenMin: z.int().max(128).optional(),
    prefixLenMax: z.int().max(128).optional(),
  })
  .transform((message, context) => {
    const match = prefixMatchOf(message.cidr, message.prefixLenMin, message.prefixLenMax);
    const fault = prefixMatchFault(match);
    if (fault !== undefined) context.issues.push({ code: 'custom', message: fault, input: message });
    return match;
  });

const conditions = z
  .object({
    matchNeighbors: z.object({ type: matchType, neighbors: z.array(fields.address).min(1) }).optional(),
    matchPrefixes: z.object({ type: matchType, prefixes: z.array(prefixMatch).min(1) }).optional(),
    matchFamilies: z.array(family),
  })
  .transform(({ matchNeighbors, matchPrefixes, matchFamilies }) =>
    defined({ matchNeighbors, matchPrefixes, matchFamilies }),
  );

const nextHopAction = z
  .object({ self: z.boolean(), unchanged: z.boolean() })
  .refine(({ self, unchanged }) => !(self && unchanged), { error: 'self and unchanged exclude each other' })
  .transform(({ self, unchanged }) => (self ? 'self' : unchanged ? 'unchanged' : undefined));

const actions = z
  .object({
    routeAction: choice({
      [RouteAction.NONE]: 'none',
      [RouteAction.ACCEPT]: 'accept',
      [RouteAction.REJECT]: 'reject',
    }),
    addCommunities: z.array(fields.community),
    addLargeCommunities: z.array(fields.largeCommunity),
    setLocalPreference: fields.unsigned32.optional(),
    nextHop: nextHopAction.optional(),
  })
  .transform((message) =>
    actionsOf({ ...message, setLocalPreference: message.setLocalPreference, nextHop: message.nextHop }),
  );

const policyType = choice({ [RoutePolicyType.EXPORT]: 'export', [RoutePolicyType.IMPORT]: 'import' }).transform(
  (type) => type ?? 'export',
);

const policy = z.object({
  name: required(fields.name),
  type: policyType,
  statements: z
    .array(z.object({ name: unlessEmpty(fields.name), conditions: conditions.optional(), actions: actions.optional() }))
    .transform((statements, context): readonly RoutePolicyStatement[] => {
      const named = statements.map((statement, index) => ({
        name: statement.name ?? `${index}`,
        conditions: statement.conditions ?? { matchFamilies: [] },
        actions: statement.actions ?? actionsOf(noActions),
      }));
      named.forEach(({ name }, index) => {
        if (named.findIndex((other) => other.name === name) === index) return;
        const message = `another statement is called ${name}`;
        context.issues.push({ code: 'custom', message, path: [index, 'name'], input: name });
      });
      return named;
    }),
});

const noActions = {
  routeAction: undefined,
  addCommunities: [],
  addLargeCommunities: [],
  setLocalPreference: undefined,
  nextHop: undefined,
};

// Each throws InvalidRequest.

export function toPolicy(message: proto.RoutePolicy | undefined): RoutePolicy {
  return check(policy, message, 'policy');
}

export function toPolicyKey(name: string, type: RoutePolicyType): Pick<RoutePolicy, 'name' | 'type'> {
  return check(z.object({ name: required(fields.name), type: policyType }), { name, type }, '');
}
