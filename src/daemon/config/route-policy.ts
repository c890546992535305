import * as z from 'zod';
import { actionsOf, defined, prefixMatchFault, prefixMatchOf } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import type { RoutePolicy } from '../../policy/types.ts';

const matchType = z.enum(['any', 'all', 'invert']).default('any');

const prefixMatch = z
  .strictObject({
    cidr: fields.prefix,
    prefixLenMin: z.int().optional().meta({ description: 'Default: the length of cidr.' }),
    prefixLenMax: z.int().optional().meta({ description: 'Default: prefixLenMin.' }),
  })
  .transform((given, context) => {
    const match = prefixMatchOf(given.cidr, given.prefixLenMin, given.prefixLenMax);
    const message = prefixMatchFault(match);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: given });
    return match;
  });

const statement = z.strictObject({
  name: fields.name.optional().meta({ description: 'Unique in the policy. Default: its place.' }),
  matchNeighbors: z.strictObject({ type: matchType, neighbors: z.array(fields.address).min(1) }).optional(),
  matchPrefixes: z.strictObject({ type: matchType, prefixes: z.array(prefixMatch).min(1) }).optional(),
  matchFamilies: z.array(fields.familyText).optional(),
  routeAction: z.enum(['none', 'accept', 'reject']).optional(),
  addCommunities: z.array(fields.community).optional(),
  addLargeCommunities: z.array(fields.largeCommunity).optional(),
  setLocalPreference: fields.unsigned32.optional(),
  nextHop: z.enum(['self', 'unchanged']).optional(),
});

export const routePolicy = z
  .strictObject({
    name: fields.name,
    type: z.enum(['export', 'import']).default('export'),
    statements: z.array(statement),
  })
  .transform(({ statements, ...policy }, context): RoutePolicy => {
    const named = statements.map((given, index) => ({
      name: given.name ?? `${index}`,
      conditions: defined({
        matchNeighbors: given.matchNeighbors,
        matchPrefixes: given.matchPrefixes,
        matchFamilies: given.matchFamilies ?? [],
      }),
      actions: actionsOf({
        routeAction: given.routeAction,
        addCommunities: given.addCommunities ?? [],
        addLargeCommunities: given.addLargeCommunities ?? [],
        setLocalPreference: given.setLocalPreference,
        nextHop: given.nextHop,
      }),
    }));
    named.forEach(({ name }, index) => {
      if (named.findIndex((other) => other.name === name) === index) return;
      const message = `another statement is called ${name}`;
      context.issues.push({ code: 'custom', message, path: ['statements', index, 'name'], input: name });
    });
    return { ...policy, statements: named };
  });
