import * as z from 'zod';
import type { Definition } from './definition.ts';
import * as fields from './fields.ts';
import { labelSelector } from './labels.ts';
import { placesOf } from './places.ts';
import { isMap, type Loose, type Report, rules } from './rules.ts';
import type { CiliumBGPPeerConfig } from './types.ts';
import { peerConfigDefaults } from './with-defaults.ts';

/** A rule: an interval longer than the hold time would end every session. */
export function keepAliveFits({ keepAliveTimeSeconds, holdTimeSeconds }: Loose, report: Report): void {
  const holdTime = holdTimeSeconds ?? peerConfigDefaults.holdTimeSeconds;
  if (typeof keepAliveTimeSeconds !== 'number' || typeof holdTime !== 'number') return;
  if (keepAliveTimeSeconds > holdTime) report([], 'keepAliveTimeSeconds can not be larger than holdTimeSeconds');
}

const timers = z
  .object({
    connectRetryTimeSeconds: z.exactOptional(fields.connectRetryTime),
    holdTimeSeconds: z.exactOptional(fields.holdTime),
    keepAliveTimeSeconds: z.exactOptional(fields.keepAliveTime),
  })
  .superRefine(...rules(keepAliveFits));

export const gracefulRestart = z.object({
  enabled: z.boolean(),
  restartTimeSeconds: z.exactOptional(fields.restartTime),
});

const bfd = z.object({
  enabled: z.boolean(),
  transmitIntervalMilliseconds: z.exactOptional(fields.bfdInterval),
  receiveIntervalMilliseconds: z.exactOptional(fields.bfdInterval),
  detectionMultiplier: z.exactOptional(fields.detectionMultiplier),
  strict: z.exactOptional(z.boolean()),
});

/** A rule: BFD here is for one hop (RFC 5881). */
function bfdFits({ bfd: given, ebgpMultihop = 1 }: Loose, report: Report): void {
  if (isMap(given) && given['enabled'] === true && ebgpMultihop !== 1)
    report(['bfd'], 'bfd and ebgpMultihop exclude each other: BFD is for a neighbor on the link');
}

const specFields = {
  timers: z.exactOptional(timers),
  authSecretRef: z.exactOptional(fields.objectName),
  gracefulRestart: z.exactOptional(gracefulRestart),
  ebgpMultihop: z.exactOptional(fields.ttl),
};

const familyFields = { ...fields.family, advertisements: z.exactOptional(labelSelector) };

const peerPort = z.exactOptional(fields.port);

const spec = z
  .object({
    ...specFields,
    transport: z.exactOptional(z.object({ peerPort, sourceInterface: z.exactOptional(z.string().min(1)) })),
    bfd: z.exactOptional(bfd),
    nextHop: z.exactOptional(fields.nextHopMode),
    families: z.exactOptional(z.array(z.object({ ...familyFields, addPaths: z.exactOptional(fields.addPathsMode) }))),
  })
  .superRefine(...rules(bfdFits));

const specV2alpha1 = z.object({
  ...specFields,
  families: z.exactOptional(z.array(z.object(familyFields))),
  transport: z.exactOptional(
    z
      .object({ peerPort, localPort: z.exactOptional(fields.port) })
      .transform(({ localPort, ...rest }): typeof rest => rest),
  ),
});

function schema<S extends typeof spec | typeof specV2alpha1>(spec: S) {
  return z.object({
    apiVersion: fields.stored('cilium.io/v2'),
    kind: z.literal('CiliumBGPPeerConfig'),
    metadata: fields.metadata,
    spec,
  });
}

export const peerConfig: Definition<CiliumBGPPeerConfig> = {
  kind: 'CiliumBGPPeerConfig',
  plural: 'ciliumbgppeerconfigs',
  shortNames: ['cbgppeer'],
  namespaced: false,
  versions: new Map<string, z.ZodType<CiliumBGPPeerConfig>>([
    ['cilium.io/v2', schema(spec)],
    ['cilium.io/v2alpha1', schema(specV2alpha1)],
  ]),
  unknownFields: 'refused',
  statusIsOurs: true,
  notesOn: (given) =>
    placesOf(given, 'spec.transport.localPort').map(({ path }) => ({
      path,
      message: "is deprecated and ignored: the port to listen on is the instance's localPort",
    })),
};
