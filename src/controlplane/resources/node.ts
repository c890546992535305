import * as z from 'zod';
import type { Definition } from './definition.ts';
import { cidr, metadata, stored } from './fields.ts';
import type { CiliumNode } from './types.ts';

const allocated = z.object({
  pool: z.string().min(1),
  cidrs: z.exactOptional(z.array(cidr)),
  allowFirstIP: z.exactOptional(z.boolean()),
  allowLastIP: z.exactOptional(z.boolean()),
});

const count = z.exactOptional(z.int().min(0));

const requested = z.object({
  pool: z.string().min(1),
  needed: z.exactOptional(z.object({ 'ipv4-addrs': count, 'ipv6-addrs': count })),
});

const schema = z.object({
  apiVersion: stored('cilium.io/v2'),
  kind: z.literal('CiliumNode'),
  metadata,
  spec: z
    .object({
      addresses: z.exactOptional(
        z.array(z.object({ type: z.exactOptional(z.string()), ip: z.exactOptional(z.string()) })),
      ),
      ipam: z.exactOptional(
        z.object({
          podCIDRs: z.exactOptional(z.array(cidr)),
          pools: z.exactOptional(
            z.object({
              allocated: z.exactOptional(z.array(allocated)),
              requested: z.exactOptional(z.array(requested)),
            }),
          ),
        }),
      ),
    })
    .default({}),
});

/** The agents of Cilium keep much more in it, so that what is not known is dropped. */
export const node: Definition<CiliumNode> = {
  kind: 'CiliumNode',
  plural: 'ciliumnodes',
  shortNames: ['cn', 'ciliumn'],
  namespaced: false,
  versions: new Map([['cilium.io/v2', schema]]),
  unknownFields: 'dropped',
  statusIsOurs: true,
  notesOn: () => [],
};
