import type { Address } from '../ip/address.ts';
import { SpeakerError } from './error.ts';
import type { Peer } from './peer.ts';
import type { Neighbor } from './types.ts';

/** The peers of one speaker, and the ways in which they are found. */
export class Peers implements Iterable<Peer> {
  readonly #known = new Map<string, Peer>();

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#known.values();
  }

  add(peer: Peer): void {
    this.#known.set(peer.neighbor.address.toString(), peer);
  }

  delete({ neighbor }: Peer): void {
    this.#known.delete(neighbor.address.toString());
  }

  /** By what it is known by. */
  known(address: Address): Peer | undefined {
    return this.#known.get(address.toString());
  }

  /** By what it is known by, or by where it was found. */
  find(address: Address): Peer | undefined {
    const known = this.known(address);
    if (known !== undefined || !address.isLinkLocal) return known;
    return [...this].find(({ remote }) => remote.equals(address));
  }

  /** As `find`. Throws SpeakerError where there is none. */
  at(address: Address): Peer {
    return there(this.find(address), address);
  }

  /** As `at`. Throws SpeakerError for one that appeared by itself, too. */
  configuredAt(address: Address): Peer {
    return configured(this.at(address), address);
  }

  /** As `configuredAt`, by what it is known by alone. */
  configured(address: Address): Peer {
    return configured(there(this.known(address), address), address);
  }

  /** Throws SpeakerError where another that is configured has its name; `changing`: peers that change with it, so that the names that they had are free. */
  checkName({ name, address }: Neighbor, changing: readonly Neighbor[]): void {
    const isChanging = (other: Neighbor) => changing.some((one) => one.address.equals(other.address));
    const staying = [...this]
      .map(({ neighbor }) => neighbor)
      .filter((neighbor) => neighbor.range === undefined && !isChanging(neighbor));
    const twin = [...staying, ...changing].find((other) => other.name === name && !other.address.equals(address));
    if (twin !== undefined)
      throw new SpeakerError('already-exists', `peer name "${name}" is already that of ${twin.address}`);
  }
}

function there(peer: Peer | undefined, address: Address): Peer {
  if (peer === undefined) throw new SpeakerError('not-found', `there is no peer ${address}`);
  return peer;
}

function configured(peer: Peer, address: Address): Peer {
  const { range } = peer.neighbor;
  if (range === undefined) return peer;
  const text = `peer ${address} is not configured: it appeared in listen range "${range.name}" (${range.prefix})`;
  throw new SpeakerError('not-found', text);
}
