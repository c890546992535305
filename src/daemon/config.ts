import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import {
  actionsOf,
  attributesOf,
  defined,
  neighborFault,
  neighborOf,
  peerAddressOf,
  prefixMatchFault,
  prefixMatchOf,
} from '../api/build.ts';
import { type ApiEndpoint, parseEndpoint } from '../api/endpoint.ts';
import * as fields from '../api/fields.ts';
import { codeOf } from '../api/socket.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { roles } from '../session/role.ts';
import type { BgpGlobal, Neighbor } from '../speaker/types.ts';
import type { Attributes, NextHop } from '../wire/update.ts';

// The configuration file: names, ranges and words are Cilium's wherever Cilium has the thing.

/** One instance as it is to run. */
export interface InstanceConfig {
  readonly name: string;
  readonly global: BgpGlobal;
  readonly neighbors: readonly Neighbor[];
  readonly paths: readonly PathConfig[];
  readonly policies: readonly RoutePolicy[];
}

/** Paths to originate that have everything but the prefix in common. */
export interface PathConfig {
  readonly prefixes: readonly Prefix[];
  /** 0: none, but for those who speak ADD-PATH. */
  readonly pathId: number;
  readonly nextHop: NextHop | fields.Self;
  readonly attributes: Attributes;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const logFormats = ['json', 'pretty'] as const;

/** A list in which no two elements have the same key; `field` is where an element's key is. Looked at once each is right by itself. */
function unique<T>(
  list: z.ZodType<readonly T[]>,
  what: string,
  field: readonly string[],
  keyOf: (element: T) => string,
) {
  return list.transform((elements, context) => {
    const first = new Map<string, number>();
    for (const [index, element] of elements.entries()) {
      const key = keyOf(element);
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else {
        const message = `the ${what} ${key} is already that of entry ${other}`;
        context.issues.push({ code: 'custom', message, path: [index, ...field], input: element });
      }
    }
    return elements;
  });
}

const endpoint = z
  .string()
  .meta({ description: 'unix:/path, host:port or [v6]:port' })
  .transform((text, context): ApiEndpoint => {
    const parsed = parseEndpoint(text);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: 'custom', message: 'must be unix:/path, host:port or [v6]:port', input: text });
    return z.NEVER;
  });

const api = z.strictObject({
  listen: z.array(endpoint).optional().meta({
    description: 'Where the gRPC API is served. Default: a unix socket in the runtime directory. Empty: nowhere.',
  }),
});

const telemetry = z.strictObject({
  listen: z
    .string()
    .meta({ description: 'host:port or [v6]:port; where /metrics, /healthz and /readyz are served over HTTP.' })
    .transform((text, context) => {
      const parsed = parseEndpoint(text);
      if (parsed?.kind === 'tcp') return parsed;
      context.issues.push({ code: 'custom', message: 'must be host:port or [v6]:port', input: text });
      return z.NEVER;
    }),
});

const log = z.strictObject({
  level: z.enum(logLevels).optional().meta({ description: 'Default: info.' }),
  format: z
    .enum(logFormats)
    .optional()
    .meta({ description: 'One JSON object or one line of text each. Default: json.' }),
});

const timers = z.strictObject({
  connectRetryTimeSeconds: fields.connectRetryTime
    .optional()
    .meta({ description: 'Between attempts to connect. Default: 120.' }),
  holdTimeSeconds: fields.holdTime
    .optional()
    .meta({ description: 'What our OPEN offers: 0 (no hold timer) or 3 to 65535. Default: 90.' }),
  keepAliveTimeSeconds: fields.keepAliveTime
    .optional()
    .meta({ description: 'At most the hold time. Default: 30, or a third of a shorter hold time.' }),
  delayOpenSeconds: fields.delayOpenTime
    .optional()
    .meta({ description: 'How long to wait for the peer’s OPEN before sending ours. Default: 0.' }),
});

const gracefulRestart = z.strictObject({
  enabled: z.boolean(),
  restartTimeSeconds: fields.restartTime
    .optional()
    .meta({ description: 'How long the peer is asked to keep our routes without a session: 1 to 4095. Default: 120.' }),
  stalePathTimeSeconds: fields.stalePathTime
    .optional()
    .meta({ description: 'How long the peer’s routes stay at most until it has sent them again. Default: 180.' }),
  longLived: z
    .array(
      z.strictObject({
        family: fields.familyText,
        staleTimeSeconds: fields.longLivedStaleTime.meta({
          description: 'How long the peer is asked to keep our routes so, and its own stay at most.',
        }),
      }),
    )
    .optional()
    .meta({ description: 'Families whose routes stay beyond the restart time (RFC 9494). Default: none.' }),
});

const transport = z.strictObject({
  peerPort: fields.port.optional().meta({ description: 'The port to dial. Default: 179.' }),
  localAddress: fields.address.optional().meta({ description: 'The source address. Default: the kernel’s choice.' }),
  localPort: fields.port.optional().meta({ description: 'The source port. Default: the kernel’s choice.' }),
  passive: z.boolean().optional().meta({ description: 'Never dial; wait for the peer. Default: false.' }),
  ttlSecurity: z.boolean().optional().meta({
    description:
      'Send with TTL 255 and take nothing that came with less (GTSM, RFC 5082); the peer must do the same. Default: false.',
  }),
  ebgpMultihop: fields.ttl.optional().meta({
    description: 'The TTL to send with, where socket options can be had. Default: the kernel’s.',
  }),
  bindToDevice: fields.device.optional().meta({
    description: 'The interface that the session goes through, whatever the routes say. Default: any.',
  }),
});

const bfd = z.strictObject({
  enabled: z.boolean(),
  transmitIntervalMilliseconds: fields.bfdInterval
    .optional()
    .meta({ description: 'How often we would send. Default: 300.' }),
  receiveIntervalMilliseconds: fields.bfdInterval
    .optional()
    .meta({ description: 'How often the peer may send. Default: 300.' }),
  detectionMultiplier: fields.detectionMultiplier
    .optional()
    .meta({ description: 'So many packets lost in a row mean that the other is gone. Default: 3.' }),
  strict: z
    .boolean()
    .optional()
    .meta({ description: 'The session waits until BFD is up, and again whenever it is not. Default: false.' }),
});

/** The first line, for editors and tools end it with a newline. */
const passwordFile = z
  .string()
  .refine(isAbsolute, { error: 'must be an absolute path', abort: true })
  .transform((path, context): string => {
    try {
      return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
    } catch (error) {
      context.issues.push({ code: 'custom', message: `cannot be read (${codeOf(error)})`, input: path });
      return z.NEVER;
    }
  })
  .pipe(fields.password);

const everything = z.enum(['all', 'none']);
const actionOf = { all: 'accept', none: 'reject' } as const;

const peer = z
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

const communities = z.array(fields.community).optional();
const largeCommunities = z.array(fields.largeCommunity).optional();

const path = z
  .strictObject({
    prefixes: z.array(fields.prefix).min(1),
    pathID: fields.unsigned32.optional().meta({
      description: 'Tells apart several paths of a prefix, which peers with addPaths all get. Default: 0.',
    }),
    nextHop: fields.nextHop
      .optional()
      .meta({ description: 'self (the default: each session’s own address), an address, or "global,link-local".' }),
    communities: communities.meta({ description: 'Each 65001:100, a number, or a well-known name as no-export.' }),
    largeCommunities: largeCommunities.meta({ description: 'Each 65001:1:2.' }),
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
  addCommunities: communities,
  addLargeCommunities: largeCommunities,
  setLocalPreference: fields.unsigned32.optional(),
  nextHop: z.enum(['self', 'unchanged']).optional(),
});

const routePolicy = z
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

const instance = z
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
    paths: z.array(path).transform(eachPrefixOnce).default([]),
    routePolicies: unique(z.array(routePolicy), 'name', ['name'], ({ type, name }) => `${name} (${type})`).default([]),
  })
  .transform(
    (given): InstanceConfig => ({
      name: given.name,
      global: defined({
        asn: given.localASN,
        routerId: given.routerID,
        listenPort: given.localPort ?? -1,
        listenAddresses: given.listenAddresses,
      }),
      neighbors: given.peers,
      paths: given.paths,
      policies: given.routePolicies,
    }),
  );

function eachPrefixOnce(paths: readonly PathConfig[], context: z.core.$RefinementCtx<unknown>): readonly PathConfig[] {
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

const controlPlane = z.strictObject({
  nodeName: z.string().min(1).max(253).optional().meta({ description: 'Of its CiliumNode. Default: the host name.' }),
  nodeLabels: z.record(z.string(), z.string()).optional().meta({
    description: 'What node selectors see while there is no CiliumNode, beside kubernetes.io/hostname, os and arch.',
  }),
  manifests: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'A directory of manifests, or a file: read at start, when they change, and on SIGHUP.' }),
  secretsNamespace: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Where the Secrets of authSecretRef are. Default: kube-system.' }),
  ipam: z
    .enum(['kubernetes', 'cluster-pool', 'multi-pool'])
    .optional()
    .meta({ description: 'Pod pools are announced in multi-pool, pod prefixes in the others. Default: cluster-pool.' }),
  routerIDAllocation: z
    .strictObject({
      mode: z.enum(['default', 'ip-pool']),
      ipPool: fields.prefix
        .optional()
        .refine((pool) => pool?.isIPv4 !== false, { error: 'must be an IPv4 prefix' })
        .meta({ description: 'An IPv4 prefix; needed by ip-pool.' }),
    })
    .refine(({ mode, ipPool }) => mode === 'default' || ipPool !== undefined, {
      error: 'is required by mode ip-pool',
      path: ['ipPool'],
    })
    .optional()
    .meta({ description: 'How instances without a routerID get one. Default: default.' }),
  announceWithoutEndpoints: z
    .boolean()
    .optional()
    .meta({ description: 'Announce services that nothing is behind (traffic policy Cluster). Default: true.' }),
  statusReport: z.boolean().optional().meta({
    description: 'Write the status of what is applied: conditions and sessions. Default: true.',
  }),
  legacyOriginAttribute: z
    .boolean()
    .optional()
    .meta({ description: 'LoadBalancer addresses have the origin INCOMPLETE. Default: false.' }),
});

export type ControlPlaneConfig = z.infer<typeof controlPlane>;

export const configSchema = z
  .strictObject({
    api: api.optional(),
    log: log.optional(),
    telemetry: telemetry.optional().meta({ description: 'Metrics for Prometheus, and probes. Default: none.' }),
    controlPlane: controlPlane.optional().meta({ description: 'What is made of Cilium’s resources.' }),
    stateDir: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Where what the API was given is kept over restarts. Default: nowhere.' }),
    instances: unique(z.array(instance).max(16), 'name', ['name'], ({ name }) => name).default([]),
    lab: instance.optional().meta({
      description: 'A router to try things with: an instance in the same process that plays the other side.',
    }),
  })
  .transform((given, context) => {
    const { instances, lab } = given;
    if (lab !== undefined && instances.some(({ name }) => name === lab.name)) {
      const message = `the name ${lab.name} is already that of an instance`;
      context.issues.push({ code: 'custom', message, path: ['lab', 'name'], input: lab.name });
    }
    return given;
  })
  .meta({ title: 'Herald configuration' });

export type Config = z.infer<typeof configSchema>;

/** The schema for editors; what only code can check is not in it. */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
}
