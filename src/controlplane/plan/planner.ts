import { flat, keyOf, keyText, sameResource } from '../resources/key.ts';
import type { Kind, Resource, ResourceKey, Service } from '../resources/types.ts';
import type { Announcement, AppliedAdvertisement, Audience, AudienceFamily } from './announcement.ts';
import { Assembly } from './assembly.ts';
import { type Fragment, fragmentOf } from './fragment.ts';
import { ResourceSet, serviceOf } from './resource-set.ts';
import { type ServiceView, serviceAnnouncements, viewOf } from './service.ts';
import { type Skeleton, type SkeletonInstance, skeletonOf } from './skeleton.ts';
import type { NodeFacts, Plan, RouterIds } from './types.ts';

/** What all resources make of one node, from nothing. */
export function plan(resources: Iterable<Resource>, node: NodeFacts, routerIds?: RouterIds): Plan {
  const planner = new Planner(node, routerIds);
  for (const resource of resources) planner.update(keyOf(resource), resource);
  return planner.plan();
}

/** The fragment of the node itself; those of services are named by their keys. */
const NODE = 'node';

/**
 * The plan of one node, kept up to date. A change of a Service or of one of its EndpointSlices costs what that service costs; any other change costs a new
 * skeleton, and all services only where what is advertised of them changed.
 */
export class Planner {
  #facts: NodeFacts;
  #routerIds: RouterIds;
  readonly #resources = new ResourceSet();
  #skeleton: Skeleton | undefined;
  #assemblies = new Map<string, Assembly>();
  /** What the fragments of services were made for. */
  #audiences: readonly Omit<Audience, 'peers'>[] = [];
  #node: Fragment = { paths: [], statements: [] };
  /** By service, those with something to announce. */
  readonly #fragments = new Map<string, Fragment>();
  /** Services to look at again, as `namespace/name`. */
  readonly #stale = new Set<string>();
  #plan: Plan | undefined;
  #evaluations = 0;

  /** `routerIds`: those of an earlier plan, which instances then keep. */
  constructor(facts: NodeFacts, routerIds: RouterIds = new Map()) {
    this.#facts = facts;
    this.#routerIds = routerIds;
  }

  /** How many times a service was looked at. */
  get evaluations(): number {
    return this.#evaluations;
  }

  /** Takes a resource, or its absence, into account. A CiliumBGPNodeConfig is not one that is: it follows from the others. */
  update(key: ResourceKey, resource: Resource | undefined): void {
    const { kind } = key;
    if (kind === 'CiliumBGPNodeConfig') return;
    const text = keyText(key);
    const known = this.#resources.get(text, kind);
    if (sameResource(known, resource)) return;
    if (resource === undefined) this.#resources.delete(text, kind);
    else this.#resources.set(text, resource);
    this.#plan = undefined;
    if (kind === 'Service') this.#stale.add(flat(key.namespace ?? '', '/', key.name));
    else if (kind === 'EndpointSlice') {
      for (const slice of [known, resource]) {
        const service = slice?.kind === 'EndpointSlice' ? serviceOf(slice) : undefined;
        if (service !== undefined) this.#stale.add(service);
      }
    } else if (!unrelated.has(kind)) this.#skeleton = undefined;
  }

  /** The machine changed. */
  setNode(facts: NodeFacts): void {
    if (sameResource(facts, this.#facts)) return;
    const isSameForServices = facts.name === this.#facts.name && sameResource(facts.services, this.#facts.services);
    this.#facts = facts;
    this.#plan = undefined;
    this.#skeleton = undefined;
    if (!isSameForServices) this.#allStale();
  }

  plan(): Plan {
    if (this.#plan !== undefined) return this.#plan;
    const skeleton = this.#settledSkeleton();
    for (const service of this.#stale) this.#settle(service);
    this.#stale.clear();
    const { held, errors, nodeConfigs, statuses, routerIds } = skeleton;
    const instances = new Map([...this.#assemblies].map(([name, assembly]) => [name, assembly.plan()]));
    this.#plan = { instances, held, errors, nodeConfigs, statuses, routerIds };
    return this.#plan;
  }

  #settledSkeleton(): Skeleton {
    if (this.#skeleton !== undefined) return this.#skeleton;
    const skeleton = skeletonOf(this.#resources, this.#facts, this.#routerIds);
    this.#skeleton = skeleton;
    this.#routerIds = skeleton.routerIds;
    this.#assemblies = new Map(
      skeleton.instances.map((instance) => [instance.name, this.#assembly(instance, skeleton)]),
    );
    this.#remove(NODE, this.#node);
    this.#node = skeleton.fragment;
    this.#add(NODE, this.#node);
    const audiences = servicesOnly(skeleton);
    if (!sameResource(audiences, this.#audiences)) {
      this.#audiences = audiences;
      this.#allStale();
    }
    return skeleton;
  }

  #assembly(instance: SkeletonInstance, skeleton: Skeleton): Assembly {
    const audiences = skeleton.audiences.filter((audience) => audience.instance === instance.name);
    const known = this.#assemblies.get(instance.name);
    if (known === undefined) return new Assembly(instance, audiences);
    known.set(instance, audiences);
    return known;
  }

  #allStale(): void {
    for (const { metadata } of this.#resources.each('Service'))
      this.#stale.add(flat(metadata.namespace, '/', metadata.name));
  }

  #settle(name: string): void {
    const key = keyText({ kind: 'Service', ...split(name) });
    const service = this.#resources.get(key, 'Service');
    const before = this.#fragments.get(name);
    const after = service?.kind === 'Service' ? this.#evaluate(service) : undefined;
    if (sameResource(before, after)) return;
    if (before !== undefined) this.#remove(name, before);
    this.#fragments.delete(name);
    if (after === undefined) return;
    this.#fragments.set(name, after);
    this.#add(name, after);
  }

  #evaluate(service: Service): Fragment | undefined {
    this.#evaluations++;
    const { namespace, name } = service.metadata;
    const view = viewOf(service, this.#resources.slicesOf(namespace, name), this.#facts.name);
    const fragment = fragmentOf(this.#audiences, (family) => this.#announce(view, family));
    return fragment.paths.length === 0 ? undefined : fragment;
  }

  #announce(view: ServiceView, { advertisements, ip }: AudienceFamily): readonly Announcement[] {
    return advertisements.flatMap((applied) => {
      const { advertisement } = applied;
      if (advertisement.advertisementType !== 'Service') return [];
      return serviceAnnouncements({ ...applied, advertisement }, view, ip, this.#facts);
    });
  }

  #add(name: string, { paths, statements }: Fragment): void {
    for (const path of paths) this.#assemblies.get(path.instance)?.addPath(path);
    for (const statement of statements) this.#assemblies.get(statement.instance)?.addStatement(name, statement);
  }

  #remove(name: string, { paths, statements }: Fragment): void {
    for (const path of paths) this.#assemblies.get(path.instance)?.removePath(path);
    for (const statement of statements) this.#assemblies.get(statement.instance)?.removeStatement(name, statement);
  }
}

/** A plan follows from what a pool was allocated, not from the pool. */
const unrelated: ReadonlySet<Kind> = new Set(['CiliumLoadBalancerIPPool']);

/** Who the peers are does not matter to a service. */
function servicesOnly({ audiences }: Skeleton): readonly Omit<Audience, 'peers'>[] {
  const isForServices = ({ advertisement }: AppliedAdvertisement) => advertisement.advertisementType === 'Service';
  return audiences.map(({ instance, name, families }) => ({
    instance,
    name,
    families: families.map((family) => ({ ...family, advertisements: family.advertisements.filter(isForServices) })),
  }));
}

/** Neither part holds a slash. */
function split(service: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = service.split('/');
  return { namespace, name };
}
