import * as z from 'zod';
import { neighborFault } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import { roles } from '../../session/role.ts';
import { bfd, gracefulRestart, passwordFile, timers } from './peer-sections.ts';

// What a peer has, whether it is configured or appears in a listen range.

const everything = z.enum(['all', 'none']);
const actionOf = { all: 'accept', none: 'reject' } as const;

export const peerShape = {
  families: z
    .array(fields.familyText)
    .min(1)
    .optional()
    .meta({ description: 'Default: ipv6/unicast and ipv4/unicast.' }),
  addPaths: z
    .array(z.strictObject({ family: fields.familyText, mode: fields.addPathsMode }))
    .optional()
    .meta({
      description: 'Families whose routes may have several paths, each with an identifier (RFC 7911). Default: none.',
    }),
  nextHop: fields.nextHopMode.optional().meta({
    description:
      'What the peer is told where a path has no next hop of its own: auto (the default), global, linkLocal, both, an IPv6 address, or "global,link-local".',
  }),
  timers: timers.optional(),
  gracefulRestart: gracefulRestart.optional().meta({
    description: 'Routes outlive the session, both ways (RFC 4724, RFC 8538). Default: off.',
  }),
  password: fields.password.optional().meta({
    description: 'Signs the session (TCP MD5, RFC 2385): 1 to 80 octets. Default: none.',
  }),
  passwordFile: passwordFile.optional().meta({
    description: 'The password is the first line of this file, given by its absolute path; read again on SIGHUP.',
  }),
  bfd: bfd.optional().meta({
    description:
      'Notices within a second that the peer is gone (RFC 5881); it must be on the same link. Default: none.',
  }),
  export: everything
    .optional()
    .meta({ description: 'What is sent of that which no route policy decides. Default: all.' }),
  maximumPrefixes: z
    .array(
      z.strictObject({
        family: fields.familyText,
        limit: fields.prefixLimit.meta({ description: 'One more, before any policy, ends the session (Cease 6/1).' }),
        warningThresholdPercent: fields.warningThreshold
          .optional()
          .meta({ description: 'From where on a warning is logged, in per cent of the limit. Default: 75.' }),
        restartSeconds: fields.prefixRestart
          .optional()
          .meta({ description: 'Begin again after so long. Default: stay down until a reset.' }),
      }),
    )
    .optional()
    .meta({ description: 'At most one for each family. Default: a bound that keeps memory safe.' }),
  role: z.enum(roles).optional().meta({
    description: 'What we are to an external peer (RFC 9234): routes do not leak then. Default: none.',
  }),
  roleStrict: z
    .boolean()
    .optional()
    .meta({ description: 'Take no session with a peer that claims no role. Default: false.' }),
  import: everything
    .optional()
    .meta({ description: 'What is used of that which no route policy decides. Default: none.' }),
};

type Given = z.output<z.ZodObject<typeof peerShape>>;

/** As `neighborOf` takes them. */
export function peerFieldsOf(given: Given) {
  return {
    connectRetryTime: given.timers?.connectRetryTimeSeconds,
    holdTime: given.timers?.holdTimeSeconds,
    keepAliveTime: given.timers?.keepAliveTimeSeconds,
    delayOpenTime: given.timers?.delayOpenSeconds,
    password: given.password ?? given.passwordFile,
    families: given.families ?? [],
    gracefulRestart: given.gracefulRestart && {
      enabled: given.gracefulRestart.enabled,
      restartTime: given.gracefulRestart.restartTimeSeconds,
      stalePathTime: given.gracefulRestart.stalePathTimeSeconds,
      longLived: given.gracefulRestart.longLived?.map(({ family, staleTimeSeconds }) => ({
        family,
        staleTime: staleTimeSeconds,
      })),
    },
    nextHop: given.nextHop,
    addPaths: given.addPaths ?? [],
    bfd: given.bfd,
    exportAction: given.export && actionOf[given.export],
    importAction: given.import && actionOf[given.import],
    maximumPrefixes: (given.maximumPrefixes ?? []).map(({ warningThresholdPercent, ...limit }) => ({
      family: limit.family,
      limit: limit.limit,
      warningThreshold: warningThresholdPercent,
      restartSeconds: limit.restartSeconds,
    })),
    role: given.role,
    roleStrict: given.roleStrict,
  };
}

const places = {
  address: ['peerAddress'],
  localAddress: ['transport', 'localAddress'],
  ebgpMultihop: ['transport', 'ebgpMultihop'],
  timers: ['timers'],
  addPaths: ['addPaths'],
  maximumPrefixes: ['maximumPrefixes'],
  roleStrict: ['roleStrict'],
  gracefulRestart: ['gracefulRestart'],
  bfd: ['bfd'],
} as const;

/** Says what is wrong between the fields of a peer, as they are written and as `neighborOf` takes them. */
export function reportFaults(
  given: Given,
  flat: Parameters<typeof neighborFault>[0],
  context: z.core.$RefinementCtx<unknown>,
): void {
  const fault = neighborFault(flat);
  if (fault !== undefined)
    context.issues.push({ code: 'custom', message: fault.message, path: [...places[fault.field]], input: given });
  if (given.password !== undefined && given.passwordFile !== undefined)
    context.issues.push({
      code: 'custom',
      message: 'password and passwordFile exclude each other',
      path: ['passwordFile'],
      input: given.passwordFile,
    });
}
