import { PolicyChain } from '../policy/chain.ts';
import { sameSources, sourcesOf } from '../policy/sources.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { SpeakerError } from './error.ts';
import type { FamilyRib } from './family-rib.ts';
import type { Peer } from './peer.ts';
import type { Neighbor } from './types.ts';

/** Who is concerned when a policy changes. */
export interface PolicyUsers {
  peers(): readonly Peer[];
  ribs(): Iterable<FamilyRib>;
}

/** The route policies of one speaker, in the order in which they apply. */
export class Policies {
  readonly #policies: RoutePolicy[] = [];
  readonly #users: PolicyUsers;

  constructor(users: PolicyUsers) {
    this.#users = users;
  }

  get list(): readonly RoutePolicy[] {
    return this.#policies;
  }

  /** See `Speaker.addRoutePolicy`. */
  add(policy: RoutePolicy): void {
    if (this.#placeOf(policy) !== -1)
      throw new SpeakerError('already-exists', `${policy.type} policy "${policy.name}" already exists`);
    checkPolicy(policy);
    this.#policies.push(policy);
    this.#changed(policy.type);
  }

  /** See `Speaker.replaceRoutePolicies`. */
  replace(policies: readonly RoutePolicy[]): void {
    const places = policies.map((policy) => {
      const place = this.#placeOf(policy);
      if (place === -1) throw new SpeakerError('not-found', `there is no ${policy.type} policy "${policy.name}"`);
      checkPolicy(policy);
      return place;
    });
    for (const [index, policy] of policies.entries()) this.#policies[places[index] as number] = policy;
    for (const type of new Set(policies.map((policy) => policy.type))) this.#changed(type);
  }

  remove(name: string, type: RoutePolicy['type']): void {
    const place = this.#placeOf({ name, type });
    const [policy] = place === -1 ? [] : this.#policies.splice(place, 1);
    if (policy === undefined) throw new SpeakerError('not-found', `there is no ${type} policy "${name}"`);
    this.#changed(policy.type);
  }

  /** One for all neighbors that are treated alike. */
  chainFor(type: RoutePolicy['type'], neighbor: Neighbor): PolicyChain {
    const { address, defaultExportAction, defaultImportAction } = neighbor;
    const action = type === 'export' ? defaultExportAction : defaultImportAction;
    const sources = sourcesOf(this.#policies, type, address);
    for (const peer of this.#users.peers()) if (peer.policy(type).is(sources, action)) return peer.policy(type);
    return new PolicyChain(sources, action);
  }

  #placeOf({ name, type }: Pick<RoutePolicy, 'name' | 'type'>): number {
    return this.#policies.findIndex((policy) => policy.name === name && policy.type === type);
  }

  #changed(type: RoutePolicy['type']): void {
    const all = this.#users.peers();
    const isNow = ({ neighbor }: Peer) => sourcesOf(this.#policies, type, neighbor.address);
    for (const chain of new Set(all.map((peer) => peer.policy(type)))) {
      const users = all.filter((peer) => peer.policy(type) === chain);
      const [first] = users.map(isNow);
      if (first === undefined || users.every((peer) => chain.is(isNow(peer), chain.defaultAction))) continue;
      const areAlike = users.every((peer) => sameSources(isNow(peer), first));
      const isTaken = all.some((peer) => peer.policy(type).is(first, chain.defaultAction));
      if (!areAlike || isTaken) {
        for (const peer of users) peer.choosePolicies();
        continue;
      }
      // Those that were treated alike mostly still are: their chain changes under them, and only what it says anew is looked at.
      const touched = chain.become(first);
      if (type === 'import') for (const peer of users) peer.evaluateAgain();
      else for (const rib of this.#users.ribs()) rib.evaluateAgain(chain, touched);
    }
  }
}

function checkPolicy({ name, neighbor, statements }: RoutePolicy): void {
  if (neighbor !== undefined) return;
  if (new Set(statements.map((statement) => statement.name)).size < statements.length)
    throw new SpeakerError('invalid-argument', `policy "${name}" has two statements of the same name`);
}
