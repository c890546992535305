import * as z from 'zod';
import * as fields from '../../api/fields.ts';

export const controlPlane = z.strictObject({
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
