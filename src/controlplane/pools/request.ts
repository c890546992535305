import { addressOf } from '../plan/addresses.ts';
import { loadBalancerClass } from '../plan/service.ts';
import type { PlannedCondition } from '../plan/types.ts';
import { keyOf, keyText } from '../resources/key.ts';
import type { IPFamily, Service } from '../resources/types.ts';
import { type Pool, selects } from './pool.ts';

/** A service, and what it is given. There are many: what else follows from them is in their asks. */
export interface Request {
  readonly service: Service;
  readonly key: string;
  /** Addresses, as text: that is what is kept of them elsewhere, too. */
  given: readonly string[];
  condition: PlannedCondition;
}

/** What a service asks for, while that is looked at. */
export interface Ask {
  readonly request: Request;
  /** Addresses that are asked for by name: these and no others. */
  readonly named: readonly string[];
  readonly families: readonly IPFamily[];
  /** What it had here the last time. */
  readonly before: readonly string[];
  /** What its status says it has, for when it had nothing here: that comes after all that others had. */
  readonly claims: readonly string[];
}

const classes = new Set([loadBalancerClass, 'io.cilium/l2-announcer']);
const requestAnnotations = ['lbipam.cilium.io/ips', 'io.cilium/lb-ipam-ips'] as const;
const satisfiedType = 'io.cilium/lb-ipam-request-satisfied';

export const satisfied: PlannedCondition = { type: satisfiedType, status: 'True', reason: 'satisfied', message: '' };

export function refused(reason: string, message: string): PlannedCondition {
  return { type: satisfiedType, status: 'False', reason, message };
}

/** Whether addresses of services of its type and class are given here. */
export function isOurs({ spec }: Service): boolean {
  const { type, loadBalancerClass: given } = spec;
  return type === 'LoadBalancer' && (given === undefined || classes.has(given));
}

export function requestOf(service: Service): Request {
  return { service, key: keyText(keyOf(service)), given: [], condition: satisfied };
}

export function askOf(request: Request, before: readonly string[], pools: readonly Pool[]): Ask {
  const { service } = request;
  const { metadata, spec } = service;
  const annotated = requestAnnotations.flatMap((name) => metadata.annotations?.[name]?.split(',') ?? []);
  const texts = [...annotated, spec.loadBalancerIP ?? ''].map((text) => text.trim()).filter((text) => text !== '');
  const named = new Set(texts.map((text) => addressOf(text)?.toString() ?? text));
  return {
    request,
    named: [...named],
    families: familiesOf(service, pools),
    before,
    claims: claimsOf(service),
  };
}

/** Those the service says, those of its cluster addresses, or all that its pools have. */
function familiesOf(service: Service, pools: readonly Pool[]): readonly IPFamily[] {
  const { ipFamilies = [], ipFamilyPolicy, clusterIPs = [], clusterIP = '' } = service.spec;
  if (ipFamilies.length > 0) return ipFamilyPolicy === 'SingleStack' ? ipFamilies.slice(0, 1) : ipFamilies;
  const cluster = [...clusterIPs, clusterIP].flatMap((text) => addressOf(text) ?? []);
  const offered = pools.filter((pool) => selects(pool, service)).flatMap(({ ranges }) => ranges);
  const sizes =
    cluster.length > 0 ? cluster.map(({ bytes }) => bytes.length) : offered.map(({ bounds }) => bounds.size);
  const families = (['IPv4', 'IPv6'] as const).filter((family) => sizes.includes(sizeOf(family)));
  return families.length > 0 ? families : ['IPv4', 'IPv6'];
}

function claimsOf({ status }: Service): readonly string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
}

/** Of an address, in octets. */
export function sizeOf(family: IPFamily): number {
  return family === 'IPv4' ? 4 : 16;
}
