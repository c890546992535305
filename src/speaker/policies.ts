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

/** What a policy is found by: no other of its type has its name. */
export type PolicyKey = Pick<RoutePolicy, 'name' | 'type'>;

/** Changes of the policies that are made together, in this order. */
export interface PolicyEdits {
  /** Those of them that there are. */
  readonly remove?: readonly PolicyKey[];
  /** Each comes to the place of the one of its name and type. */
  readonly replace?: readonly RoutePolicy[];
  /** Behind all others. */
  readonly add?: readonly RoutePolicy[];
}

/** The route policies of one speaker, in the order in which they apply. */
export class Policies {
  #policies: readonly RoutePolicy[] = [];
  readonly #users: PolicyUsers;

  constructor(users: PolicyUsers) {
    this.#users = users;
  }

  get list(): readonly RoutePolicy[] {
    return this.#policies;
  }

  /** See `Speaker.editRoutePolicies`. `meanwhile` is done when the policies are the new ones, and no peer has been told of that. */
  edit({ remove = [], replace = [], add = [] }: PolicyEdits, meanwhile = () => {}): void {
    const next = [...this.#policies];
    for (const key of remove) {
      const place = placeIn(next, key);
      if (place !== -1) next.splice(place, 1);
    }
    for (const policy of replace) {
      const place = placeIn(next, policy);
      if (place === -1) throw absent(policy);
      checkPolicy(policy);
      next[place] = policy;
    }
    for (const policy of add) {
      if (placeIn(next, policy) !== -1)
        throw new SpeakerError('already-exists', `${policy.type} policy "${policy.name}" already exists`);
      checkPolicy(policy);
      next.push(policy);
    }
    this.#policies = next;
    meanwhile();
    for (const type of new Set([...remove, ...replace, ...add].map((policy) => policy.type))) this.#changed(type);
  }

  remove(key: PolicyKey): void {
    if (placeIn(this.#policies, key) === -1) throw absent(key);
    this.edit({ remove: [key] });
  }

  /** One for all neighbors that are treated alike. */
  chainFor(type: RoutePolicy['type'], neighbor: Neighbor): PolicyChain {
    const { address, defaultExportAction, defaultImportAction } = neighbor;
    const action = type === 'export' ? defaultExportAction : defaultImportAction;
    const sources = sourcesOf(this.#policies, type, address);
    for (const peer of this.#users.peers()) if (peer.policy(type).is(sources, action)) return peer.policy(type);
    return new PolicyChain(sources, action);
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

function placeIn(policies: readonly RoutePolicy[], { name, type }: PolicyKey): number {
  return policies.findIndex((policy) => policy.name === name && policy.type === type);
}

function absent({ name, type }: PolicyKey): SpeakerError {
  return new SpeakerError('not-found', `there is no ${type} policy "${name}"`);
}

function checkPolicy({ name, neighbor, statements }: RoutePolicy): void {
  if (neighbor !== undefined) return;
  if (new Set(statements.map((statement) => statement.name)).size < statements.length)
    throw new SpeakerError('invalid-argument', `policy "${name}" has two statements of the same name`);
}
