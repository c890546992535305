import * as z from 'zod';
import { attributesOf } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import type { Prefix } from '../../ip/prefix.ts';
import type { Attributes, NextHop } from '../../wire/update.ts';

/** Paths to originate that have everything but the prefix in common. */
export interface PathConfig {
  readonly prefixes: readonly Prefix[];
  /** 0: none, but for those who speak ADD-PATH. */
  readonly pathId: number;
  readonly nextHop: NextHop | fields.Self;
  readonly attributes: Attributes;
}

export const path = z
  .strictObject({
    prefixes: z.array(fields.prefix).min(1),
    pathID: fields.unsigned32.optional().meta({
      description: 'Tells apart several paths of a prefix, which peers with addPaths all get. Default: 0.',
    }),
    nextHop: fields.nextHop
      .optional()
      .meta({ description: 'self (the default: each session’s own address), an address, or "global,link-local".' }),
    communities: z
      .array(fields.community)
      .optional()
      .meta({ description: 'Each 65001:100, a number, or a well-known name as no-export.' }),
    largeCommunities: z.array(fields.largeCommunity).optional().meta({ description: 'Each 65001:1:2.' }),
    extendedCommunities: z.array(fields.extendedCommunity).optional().meta({
      description:
        'Each as link-bandwidth:65001:1.25e9 (octets per second), rt:65001:100, color:5, or 0x and 16 digits.',
    }),
    med: fields.unsigned32.optional(),
    localPreference: fields.unsigned32.optional().meta({ description: 'Sent to internal peers alone.' }),
    asPathPrepend: fields.asPathPrepend
      .optional()
      .meta({ description: 'AS numbers that the path starts with, before our own is put in front.' }),
    origin: z.enum(['igp', 'egp', 'incomplete']).optional().meta({ description: 'Default: igp.' }),
  })
  .transform(
    (given): PathConfig => ({
      prefixes: given.prefixes,
      pathId: given.pathID ?? 0,
      nextHop: given.nextHop ?? { kind: 'self' },
      attributes: attributesOf({
        origin: given.origin,
        asPathPrepend: given.asPathPrepend ?? [],
        med: given.med,
        localPreference: given.localPreference,
        communities: given.communities ?? [],
        largeCommunities: given.largeCommunities ?? [],
        extendedCommunities: given.extendedCommunities ?? [],
      }),
    }),
  );

/** Looked at once each is right by itself. */
export function eachPrefixOnce(
  paths: readonly PathConfig[],
  context: z.core.$RefinementCtx<unknown>,
): readonly PathConfig[] {
  const seen = new Map<string, number>();
  for (const [index, { prefixes, pathId }] of paths.entries()) {
    for (const [place, prefix] of prefixes.entries()) {
      const key = pathId === 0 ? prefix.toString() : `${prefix} (path ${pathId})`;
      const other = seen.get(key);
      if (other === undefined) {
        seen.set(key, index);
        continue;
      }
      const message = `${key} is already in paths[${other}]`;
      context.issues.push({ code: 'custom', message, path: [index, 'prefixes', place], input: prefix });
    }
  }
  return paths;
}
