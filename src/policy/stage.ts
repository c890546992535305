import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';
import type { SortedMap } from './sorted-map.ts';
import { isList, type Source } from './sources.ts';
import type { PrefixMatch, RoutePolicyConditions, RoutePolicyStatement } from './types.ts';

/** A prefix under evaluation: its address in 4 or 16 octets, and its length. */
export interface Subject {
  readonly address: Uint8Array;
  readonly length: number;
}

/** A statement, and what sorts it among the others: all of a stage have numbers, or all have texts. */
export interface Place {
  readonly order: number | string;
  readonly statement: RoutePolicyStatement;
}

type PrefixCondition = NonNullable<RoutePolicyConditions['matchPrefixes']>;

/** The statements of one source, to be found by the prefix that they match. */
export class Stage {
  #source: Source;
  /** Statements that match exact prefixes, by prefix: a node has one for each of its services. */
  readonly #exact = new Map<string, readonly Place[]>();
  /** All others, in order. */
  readonly #others: Place[] = [];

  constructor(source: Source) {
    this.#source = source;
    if (isList(source)) for (const [order, statement] of source.statements.entries()) this.#add({ order, statement });
    else for (const [order, statement] of source) this.#add({ order, statement });
  }

  get source(): Source {
    return this.#source;
  }

  /** Takes another map in place of the one it has; `visit` gets each statement that is in one of them alone. */
  become(source: SortedMap<RoutePolicyStatement>, visit: (statement: RoutePolicyStatement) => void): void {
    if (isList(this.#source)) throw new TypeError('a list has no keys');
    this.#source.eachChange(source, ({ key: order, before, after }) => {
      if (before !== undefined) {
        this.#remove({ order, statement: before });
        visit(before);
      }
      if (after !== undefined) {
        this.#add({ order, statement: after });
        visit(after);
      }
    });
    this.#source = source;
  }

  /** All statements that may match the prefix of this key, in order. */
  candidates(key: string): readonly Place[] {
    const exact = this.#exact.size === 0 ? undefined : this.#exact.get(key);
    if (exact === undefined) return this.#others;
    return this.#others.length === 0 ? exact : [...exact, ...this.#others].toSorted(inOrder);
  }

  matches({ conditions }: RoutePolicyStatement, family: Family, subject: Subject): boolean {
    const { matchFamilies, matchPrefixes } = conditions;
    if (matchFamilies.length > 0 && !matchFamilies.includes(family)) return false;
    if (matchPrefixes === undefined) return true;
    const { type, prefixes } = matchPrefixes;
    if (type === 'all') return prefixes.every((match) => covers(match, subject));
    return prefixes.some((match) => covers(match, subject)) === (type === 'any');
  }

  #add(place: Place): void {
    const { matchPrefixes } = place.statement.conditions;
    if (isExact(matchPrefixes)) {
      for (const key of keysOf(matchPrefixes)) this.#exact.set(key, withPlace(this.#exact.get(key) ?? [], place));
      return;
    }
    const at = this.#others.findLastIndex((other) => inOrder(other, place) < 0) + 1;
    this.#others.splice(at, 0, place);
  }

  #remove({ order, statement }: Place): void {
    const { matchPrefixes } = statement.conditions;
    if (!isExact(matchPrefixes)) {
      const at = this.#others.findIndex((place) => place.order === order);
      if (at !== -1) this.#others.splice(at, 1);
      return;
    }
    for (const key of keysOf(matchPrefixes)) {
      const left = (this.#exact.get(key) ?? []).filter((place) => place.order !== order);
      if (left.length === 0) this.#exact.delete(key);
      else this.#exact.set(key, left);
    }
  }
}

/** In order. Another list, of the length that it needs: there are as many as services. */
function withPlace(list: readonly Place[], place: Place): readonly Place[] {
  if (list.length === 0) return [place];
  const at = list.findIndex((other) => inOrder(other, place) >= 0);
  // The same prefix may be listed twice.
  if (list[at]?.order === place.order) return list;
  return list.toSpliced(at === -1 ? list.length : at, 0, place);
}

function keysOf({ prefixes }: PrefixCondition): readonly string[] {
  return prefixes.map(({ cidr }) => keyOf(cidr.bytes, cidr.length));
}

/** Whether it holds for the prefixes that it lists, and for no other. */
export function isExact(condition: PrefixCondition | undefined): condition is PrefixCondition {
  return (
    condition?.type === 'any' &&
    condition.prefixes.every(({ cidr, lengthMin, lengthMax }) => lengthMin === cidr.length && lengthMax === cidr.length)
  );
}

export function keyOf(address: Uint8Array, length: number): string {
  return String.fromCharCode(length, ...address);
}

function inOrder(a: Place, b: Place): number {
  return a.order < b.order ? -1 : a.order > b.order ? 1 : 0;
}

function covers({ cidr, lengthMin, lengthMax }: PrefixMatch, { address, length }: Subject): boolean {
  return length >= lengthMin && length <= lengthMax && length >= cidr.length && startsWith(address, cidr);
}

function startsWith(address: Uint8Array, { bytes, length }: Prefix): boolean {
  if (bytes.length !== address.length) return false;
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const rest = length & 7;
  return rest === 0 || (((bytes[whole] as number) ^ (address[whole] as number)) & (0xff00 >> rest) & 0xff) === 0;
}
