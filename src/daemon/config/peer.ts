import * as z from 'zod';
import { neighborFault, neighborOf, peerAddressOf } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import { roles } from '../../session/role.ts';
import type { Neighbor } from '../../speaker/types.ts';
import { bfd, gracefulRestart, passwordFile, timers, transport } from './peer-sections.ts';

const everything = z.enum(['all', 'none']);
const actionOf = { all: 'accept', none: 'reject' } as const;

export const peer = z
  .strictObject({
    name: fields.name,
    peerAddress: fields.address.optional().meta({
      description: 'IPv4 or IPv6; a link-local one with its interface, fe80::1%eth0. Default: see peerInterface.',
    }),
    peerInterface: fields.device.optional().meta({
      description:
        'The interface of a link-local peerAddress; without one, the peer is the one router on it (unnumbered).',
    }),
    peerASN: fields.peerAsn.optional().meta({ description: '0, the default: whatever the peer’s OPEN says.' }),
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
    transport: transport.optional(),
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
    adminDown: fields.adminDown.optional().meta({
      description: 'Shut the peer down, and tell it this text (RFC 9003): at most 128 octets. Default: not shut down.',
    }),
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
  })
  .transform((given, context): Neighbor => {
    const address = peerAddressOf(given.peerAddress, given.peerInterface);
    if (typeof address === 'string') {
      const path = [given.peerInterface === undefined ? 'peerAddress' : 'peerInterface'];
      context.issues.push({ code: 'custom', message: address, path, input: given });
      return z.NEVER;
    }
    const flat = {
      name: given.name,
      address,
      asn: given.peerASN ?? 0,
      connectRetryTime: given.timers?.connectRetryTimeSeconds,
      holdTime: given.timers?.holdTimeSeconds,
      keepAliveTime: given.timers?.keepAliveTimeSeconds,
      delayOpenTime: given.timers?.delayOpenSeconds,
      localAddress: given.transport?.localAddress,
      localPort: given.transport?.localPort,
      peerPort: given.transport?.peerPort,
      passive: given.transport?.passive,
      password: given.password ?? given.passwordFile,
      ttlSecurity: given.transport?.ttlSecurity,
      ebgpMultihop: given.transport?.ebgpMultihop,
      bindToDevice: given.transport?.bindToDevice,
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
      adminDown: given.adminDown,
      maximumPrefixes: (given.maximumPrefixes ?? []).map(({ warningThresholdPercent, ...limit }) => ({
        family: limit.family,
        limit: limit.limit,
        warningThreshold: warningThresholdPercent,
        restartSeconds: limit.restartSeconds,
      })),
      role: given.role,
      roleStrict: given.roleStrict,
    };
    const fault = neighborFault(flat);
    if (fault !== undefined) {
      const paths = {
        address: ['peerAddress'],
        localAddress: ['transport', 'localAddress'],
        ebgpMultihop: ['transport', 'ebgpMultihop'],
        timers: ['timers'],
        addPaths: ['addPaths'],
        maximumPrefixes: ['maximumPrefixes'],
        roleStrict: ['roleStrict'],
        gracefulRestart: ['gracefulRestart'],
        bfd: ['bfd'],
      };
      context.issues.push({ code: 'custom', message: fault.message, path: paths[fault.field], input: given });
    }
    if (given.password !== undefined && given.passwordFile !== undefined)
      context.issues.push({
        code: 'custom',
        message: 'password and passwordFile exclude each other',
        path: ['passwordFile'],
        input: given.passwordFile,
      });
    return neighborOf(flat);
  });
