import * as z from 'zod';
import type { Fault } from '../controlplane/resources/fault.ts';
import { SoftResetDirection } from '../gen/herald/v1/router_service.ts';
import type * as proto from '../gen/herald/v1/types.ts';
import {
  AddPathsMode,
  DefaultAction,
  MatchType,
  Origin,
  Role,
  RouteAction,
  RoutePolicyType,
  TableType,
} from '../gen/herald/v1/types.ts';
import type { Address } from '../ip/address.ts';
import type { RoutePolicy, RoutePolicyStatement } from '../policy/types.ts';
import type { DrainTarget } from '../speaker/drain.ts';
import type { BgpGlobal, Neighbor, ResetOptions, TableType as Table } from '../speaker/types.ts';
import { type Family, ipv6Unicast, parseFamily } from '../wire/family.ts';
import type { Attributes, NextHop } from '../wire/update.ts';
import {
  actionsOf,
  attributesOf,
  defined,
  neighborFault,
  neighborOf,
  peerAddressOf,
  prefixMatchFault,
  prefixMatchOf,
} from './build.ts';
import { InvalidRequest } from './errors.ts';
import * as fields from './fields.ts';
import { faultsOf } from './issues.ts';

// Requests to domain values. What is wrong with one is told all at once, in the request's own field names.

/** Checks part of a request, the one called `at`, and gives what the schema makes of it. Throws InvalidRequest. */
export function check<T>(schema: z.ZodType<T>, part: unknown, at: string): T {
  const result = schema.safeParse(part);
  if (result.success) return result.data;
  throw new InvalidRequest(faultsOf(result.error, () => []).map((fault) => violationOf(fault, at)));
}

function violationOf({ path, message }: Fault, at: string): { field: string; description: string } {
  const steps = path.map((step) => (typeof step === 'string' ? snakeCase(step) : step));
  return { field: z.core.toDotPath([...(at === '' ? [] : [at]), ...steps]), description: message };
}

function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A string field: empty when it was not set. */
function unlessEmpty<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}

function required<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema);
}

/** One of a protobuf enumeration, as a name; what was not set is undefined. */
function choice<const T extends Readonly<Record<number, string>>>(names: T) {
  return z.number().transform((value, context): T[keyof T] | undefined => {
    if (value === 0) return undefined;
    const name = names[value] as T[keyof T] | undefined;
    if (name === undefined) context.issues.push({ code: 'custom', message: `has no value ${value}`, input: value });
    return name;
  });
}

const isThere = (value: unknown) => value !== undefined;

const family = z
  .custom<proto.Family>(isThere, { error: 'is required', abort: true })
  .transform(({ afi, safi }, context): Family => {
    const found = parseFamily(`${afi}/${safi}`);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', message: `there is no family ${afi}/${safi}`, input: afi });
    return z.NEVER;
  });

const global = z
  .object({
    asn: fields.asn,
    routerId: required(fields.routerId),
    listenPort: fields.port.optional(),
    listenAddresses: z.array(fields.address),
  })
  .transform(
    ({ asn, routerId, listenPort, listenAddresses }): BgpGlobal =>
      defined({
        asn,
        routerId,
        listenPort: listenPort ?? -1,
        listenAddresses: listenAddresses.length === 0 ? undefined : listenAddresses,
      }),
  );

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

const origin = choice({ [Origin.IGP]: 'igp', [Origin.EGP]: 'egp', [Origin.INCOMPLETE]: 'incomplete' });

const attributes = z
  .object({
    origin,
    asPathPrepend: fields.asPathPrepend,
    med: fields.unsigned32.optional(),
    localPreference: fields.unsigned32.optional(),
    communities: z.array(fields.community),
    largeCommunities: z.array(fields.largeCommunity),
    extendedCommunities: z.array(
      z.instanceof(Uint8Array).refine((bytes) => bytes.length === 8, { error: 'must be eight octets' }),
    ),
  })
  .transform(
    ({ med, localPreference, ...message }): Attributes =>
      attributesOf({ ...message, med: med, localPreference: localPreference }),
  );

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

const communication = z
  .string()
  .refine((text) => new TextEncoder().encode(text).length <= 255, { error: 'must be at most 255 octets of UTF-8' });

const reset = z
  .object({
    soft: z.boolean(),
    softResetDirection: choice({
      [SoftResetDirection.IN]: 'in',
      [SoftResetDirection.OUT]: 'out',
      [SoftResetDirection.BOTH]: 'both',
    }),
    adminCommunication: unlessEmpty(communication),
    hard: z.boolean(),
  })
  .refine(({ soft, hard }) => !(soft && hard), { error: 'not of a soft reset', path: ['hard'] })
  .transform(
    ({ soft, softResetDirection, adminCommunication, hard }): ResetOptions =>
      defined<{ soft: ResetOptions['soft']; communication: string | undefined; hard: boolean }>({
        soft: soft ? (softResetDirection ?? 'both') : 'none',
        communication: adminCommunication,
        hard,
      }),
  );

const drain = z
  .object({ peerAddress: unlessEmpty(fields.address), waitSeconds: fields.drainWait.optional() })
  .transform(({ peerAddress, waitSeconds }) => defined({ address: peerAddress, wait: waitSeconds }));

const tableType = choice({
  [TableType.LOC_RIB]: 'loc-rib',
  [TableType.ADJ_RIB_IN]: 'adj-rib-in',
  [TableType.ADJ_RIB_OUT]: 'adj-rib-out',
}).transform((table) => table ?? 'loc-rib');

const table = z
  .object({ tableType, family: family.optional(), neighbor: unlessEmpty(fields.address) })
  .transform(({ tableType, family, neighbor }, context): TableRequest => {
    const request = { table: tableType, family: family ?? ipv6Unicast };
    if (tableType === 'loc-rib') {
      if (neighbor === undefined) return request;
      context.issues.push({ code: 'custom', message: unneeded, path: ['neighbor'], input: neighbor });
      return z.NEVER;
    }
    if (neighbor !== undefined) return { ...request, neighbor };
    const message = `table ${tableType} requires neighbor parameter`;
    context.issues.push({ code: 'custom', message, path: ['neighbor'], input: neighbor });
    return z.NEVER;
  });

const unneeded = 'neighbor is unnecessary for loc-rib table type';

export interface TableRequest {
  readonly table: Table;
  readonly family: Family;
  readonly neighbor?: Address;
}

const attributesNotSet: proto.PathAttributes = {
  origin: Origin.UNSPECIFIED,
  asPathPrepend: [],
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
};

// Each throws InvalidRequest.

export function toInstanceName(name: string): string {
  return check(required(fields.name), name, 'instance');
}

export function toGlobal(message: proto.BgpGlobal | undefined): BgpGlobal {
  return check(global, message, 'global');
}

export function toNeighbor(message: proto.Neighbor | undefined): Neighbor {
  return check(neighbor, message, 'neighbor');
}

export function toAddress(text: string, field: string): Address {
  return check(required(fields.address), text, field);
}

export function toReset(message: z.input<typeof reset>): ResetOptions {
  return check(reset, message, '');
}

export function toDrain(message: z.input<typeof drain>): DrainTarget & { readonly wait?: number } {
  return check(drain, message, '');
}

export function toAttributes(message: proto.PathAttributes | undefined): Attributes {
  return message === undefined ? defaultAttributes : check(attributes, message, 'attributes');
}

// One route at a time mostly has neither: checking what is not there would be the dearest part of the request.
const defaultAttributes = check(attributes, attributesNotSet, 'attributes');
const self = check(fields.nextHop, 'self', 'next_hop');

export function toNextHop(text: string): NextHop | fields.Self {
  return text === '' ? self : check(fields.nextHop, text, 'next_hop');
}

export function toFamily(message: proto.Family | undefined): Family {
  return check(family, message, 'family');
}

export function toTable(message: z.input<typeof table>): TableRequest {
  return check(table, message, '');
}

export function toPolicy(message: proto.RoutePolicy | undefined): RoutePolicy {
  return check(policy, message, 'policy');
}

export function toPolicyKey(name: string, type: RoutePolicyType): Pick<RoutePolicy, 'name' | 'type'> {
  return check(z.object({ name: required(fields.name), type: policyType }), { name, type }, '');
}
