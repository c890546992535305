import * as z from 'zod';
import { Address } from '../../ip/address.ts';
import type { Definition } from './definition.ts';
import { address, cidr, metadata, readCidr, stored } from './fields.ts';
import { labelSelector } from './labels.ts';
import { type Loose, type Report, rules } from './rules.ts';
import type { CiliumLoadBalancerIPPool, CiliumPodIPPool, LoadBalancerIPBlock } from './types.ts';

const block = z
  .object({ cidr: z.exactOptional(cidr), start: z.exactOptional(address), stop: z.exactOptional(address) })
  .superRefine(
    ...rules(({ cidr, start, stop }, report) => {
      if (cidr !== undefined) {
        if (start !== undefined || stop !== undefined) report([], 'start and stop are not allowed beside cidr');
      } else if (start === undefined)
        report([], stop === undefined ? 'cidr or start is required' : 'stop needs a start');
      else checkRange(start, stop, report);
    }),
  )
  .transform(({ cidr, start = '', stop }): LoadBalancerIPBlock => {
    if (cidr !== undefined) return { cidr };
    return stop === undefined ? { start } : { start, stop };
  });

/** Texts that are no addresses are the fields' own matter. */
function checkRange(start: unknown, stop: unknown, report: Report): void {
  const [first, last] = [addressOf(start), addressOf(stop)];
  if (first === undefined || last === undefined) return;
  if (first.isIPv4 !== last.isIPv4) report(['stop'], 'must be of the same kind, IPv4 or IPv6, as start');
  else if (first.compare(last) > 0) report(['stop'], 'must not come before start');
}

function addressOf(text: unknown): Address | undefined {
  try {
    return typeof text === 'string' ? Address.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

const loadBalancerIPPoolSchema = z.object({
  apiVersion: stored('cilium.io/v2'),
  kind: z.literal('CiliumLoadBalancerIPPool'),
  metadata,
  spec: z.object({
    serviceSelector: z.exactOptional(labelSelector),
    allowFirstLastIPs: z.exactOptional(z.enum(['Yes', 'No'])),
    blocks: z.exactOptional(z.array(block)),
    disabled: z.exactOptional(z.boolean()),
  }),
});

export const loadBalancerIPPool: Definition<CiliumLoadBalancerIPPool> = {
  kind: 'CiliumLoadBalancerIPPool',
  plural: 'ciliumloadbalancerippools',
  shortNames: ['ippools', 'ippool', 'lbippool', 'lbippools'],
  namespaced: false,
  versions: new Map([
    ['cilium.io/v2', loadBalancerIPPoolSchema],
    ['cilium.io/v2alpha1', loadBalancerIPPoolSchema],
  ]),
  unknownFields: 'refused',
  statusIsOurs: true,
  notesOn: () => [],
};

function podRange(bits: 32 | 128) {
  const kind = bits === 32 ? 'IPv4' : 'IPv6';
  return z
    .object({ cidrs: z.array(cidr).min(1), maskSize: z.int().min(1).max(bits) })
    .superRefine(...rules((given, report) => checkPodRange(given, kind, report)));
}

function checkPodRange({ cidrs, maskSize }: Loose, kind: string, report: Report): void {
  if (!Array.isArray(cidrs)) return;
  for (const [index, text] of cidrs.entries()) {
    const prefix = prefixOf(text);
    if (prefix === undefined) continue;
    if (prefix.isIPv4 !== (kind === 'IPv4')) report(['cidrs', index], `must be an ${kind} prefix`);
    else if (typeof maskSize === 'number' && prefix.length > maskSize) {
      report(['cidrs', index], `must be at least as large as the /${maskSize} of one node`);
    }
  }
}

function prefixOf(text: unknown): ReturnType<typeof readCidr> | undefined {
  try {
    return typeof text === 'string' ? readCidr(text) : undefined;
  } catch {
    return undefined;
  }
}

export const podIPPool: Definition<CiliumPodIPPool> = {
  kind: 'CiliumPodIPPool',
  plural: 'ciliumpodippools',
  shortNames: ['cpip'],
  namespaced: false,
  versions: new Map([
    [
      'cilium.io/v2alpha1',
      z.object({
        apiVersion: stored('cilium.io/v2alpha1'),
        kind: z.literal('CiliumPodIPPool'),
        metadata,
        spec: z.object({
          ipv4: z.exactOptional(podRange(32)),
          ipv6: z.exactOptional(podRange(128)),
          allowFirstIP: z.exactOptional(z.boolean()),
          allowLastIP: z.exactOptional(z.boolean()),
          podSelector: z.exactOptional(labelSelector),
          namespaceSelector: z.exactOptional(labelSelector),
        }),
      }),
    ],
  ]),
  unknownFields: 'refused',
  statusIsOurs: false,
  notesOn: () => [],
};
