import * as z from 'zod';
import type * as proto from '../../gen/herald/v1/types.ts';
import { AddPathsMode, DefaultAction, Role } from '../../gen/herald/v1/types.ts';
import type { Neighbor } from '../../speaker/types.ts';
import { neighborFault, neighborOf, peerAddressOf } from '../build.ts';
import * as fields from '../fields.ts';
import { check, choice, family, required, unlessEmpty } from './check.ts';

const defaultAction = choice({ [DefaultAction.ACCEPT]: 'accept', [DefaultAction.REJECT]: 'reject' });

const addPathsMode = choice({
  [AddPathsMode.RECEIVE]: 'receive',
  [AddPathsMode.SEND]: 'send',
  [AddPathsMode.BOTH]: 'both',
}).transform((mode) => mode ?? 'both');

const unlessZero = <T>(field: z.ZodType<T>) =>
  z.preprocess((value) => (value === 0 ? undefined : value), field.optional());

const timers = z.object({
  connectRetry: unlessZero(fields.connectRetryTime),
  holdTime: fields.holdTime.optional(),
  keepaliveInterval: unlessZero(fields.keepAliveTime),
  delayOpen: fields.delayOpenTime.optional(),
});

const transport = z.object({
  localAddress: unlessEmpty(fields.address),
  localPort: fields.port.optional(),
  remotePort: fields.port.optional(),
  passive: z.boolean(),
  ebgpMultihop: fields.ttl.optional(),
  ttlSecurity: z.boolean(),
  bindToDevice: unlessEmpty(fields.device),
  sourceInterface: unlessEmpty(fields.device),
  tcpUserTimeoutMilliseconds: fields.userTimeout.optional(),
});

const gracefulRestart = z.object({
  enabled: z.boolean(),
  restartTime: unlessZero(fields.restartTime),
  stalePathTime: unlessZero(fields.stalePathTime),
  longLived: z.array(z.object({ family: required(family), staleTime: fields.longLivedStaleTime })),
});

const maximumPrefixes = z.object({
  family,
  limit: fields.prefixLimit,
  warningThreshold: fields.warningThreshold.optional(),
  restartSeconds: fields.prefixRestart.optional(),
});

const role = choice({
  [Role.PROVIDER]: 'provider',
  [Role.RS]: 'rs',
  [Role.RS_CLIENT]: 'rs-client',
  [Role.CUSTOMER]: 'customer',
  [Role.PEER]: 'peer',
});

const bfd = z.object({
  enabled: z.boolean(),
  transmitIntervalMilliseconds: fields.bfdInterval.optional(),
  receiveIntervalMilliseconds: fields.bfdInterval.optional(),
  detectionMultiplier: fields.detectionMultiplier.optional(),
  strict: z.boolean(),
});

const neighbor = z
  .object({
    name: unlessEmpty(fields.name),
    address: unlessEmpty(fields.address),
    interface: unlessEmpty(fields.device),
    asn: fields.peerAsn,
    timers: timers.optional(),
    transport: transport.optional(),
    families: z.array(family),
    defaultExportAction: defaultAction,
    defaultImportAction: defaultAction,
    authPassword: unlessEmpty(fields.password),
    gracefulRestart: gracefulRestart.optional(),
    nextHop: unlessEmpty(fields.nextHopMode),
    addPaths: z.array(z.object({ family: family, mode: addPathsMode })),
    adminDown: fields.adminDown.optional(),
    maximumPrefixes: z.array(maximumPrefixes),
    role,
    roleStrict: z.boolean(),
    bfd: bfd.optional(),
  })
  .transform((message, context): Neighbor => {
    const address = peerAddressOf(message.address, message.interface);
    if (typeof address === 'string') {
      const path = [message.interface === undefined ? 'address' : 'interface'];
      context.issues.push({ code: 'custom', message: address, path, input: message });
      return z.NEVER;
    }
    const flat = {
      name: message.name,
      address,
      asn: message.asn,
      connectRetryTime: message.timers?.connectRetry,
      holdTime: message.timers?.holdTime,
      keepAliveTime: message.timers?.keepaliveInterval,
      delayOpenTime: message.timers?.delayOpen,
      localAddress: message.transport?.localAddress,
      localPort: message.transport?.localPort,
      peerPort: message.transport?.remotePort,
      passive: message.transport?.passive,
      password: message.authPassword,
      ttlSecurity: message.transport?.ttlSecurity,
      ebgpMultihop: message.transport?.ebgpMultihop,
      bindToDevice: message.transport?.bindToDevice,
      sourceInterface: message.transport?.sourceInterface,
      userTimeout: message.transport?.tcpUserTimeoutMilliseconds,
      families: message.families,
      gracefulRestart: message.gracefulRestart,
      nextHop: message.nextHop,
      addPaths: message.addPaths,
      bfd: message.bfd,
      exportAction: message.defaultExportAction,
      importAction: message.defaultImportAction,
      adminDown: message.adminDown,
      maximumPrefixes: message.maximumPrefixes.map((limit) => ({
        family: limit.family,
        limit: limit.limit,
        warningThreshold: limit.warningThreshold,
        restartSeconds: limit.restartSeconds,
      })),
      role: message.role,
      roleStrict: message.roleStrict,
    };
    const fault = neighborFault(flat);
    if (fault !== undefined) {
      const isTransport = fault.field === 'localAddress' || fault.field === 'ebgpMultihop';
      const path = isTransport ? ['transport', fault.field] : [fault.field];
      context.issues.push({ code: 'custom', message: fault.message, path, input: message });
    }
    return neighborOf(flat);
  });

/** `field`: what the request calls it. Throws InvalidRequest. */
export function toNeighbor(message: proto.Neighbor | undefined, field = 'neighbor'): Neighbor {
  return check(neighbor, message, field);
}
