import type { Entropy } from '../session/ports.ts';
import { afiOf, type Family, family, safiOf } from '../wire/family.ts';

/**
 * Names for paths that cost no memory: 16 bytes that say where the path is, with a salt of this speaker and the generation of
 * the row, so that one from an earlier life or of a path that is gone names nothing.
 *
 *   | salt (4) | AFI (2) | SAFI (1) | 0 (1) | slot (4) | generation (4) |
 */
export class Uuids {
  readonly #salt: number;

  constructor(entropy: Entropy) {
    this.#salt = Math.floor(entropy() * 2 ** 32);
  }

  of(family: Family, slot: number, generation: number): Uint8Array {
    const uuid = new Uint8Array(16);
    this.write(uuid, family, slot, generation);
    return uuid;
  }

  /** Into the first 16 bytes of `uuid`. */
  write(uuid: Uint8Array, family: Family, slot: number, generation: number): void {
    putU32(uuid, 0, this.#salt);
    putU32(uuid, 4, (afiOf(family) << 16) | (safiOf(family) << 8));
    putU32(uuid, 8, slot);
    putU32(uuid, 12, generation);
  }

  parse(uuid: Uint8Array): { readonly family: Family; readonly slot: number; readonly generation: number } | undefined {
    if (uuid.length !== 16) return undefined;
    const view = new DataView(uuid.buffer, uuid.byteOffset, 16);
    if (view.getUint32(0) !== this.#salt || view.getUint8(7) !== 0) return undefined;
    return {
      family: family(view.getUint16(4), view.getUint8(6)),
      slot: view.getUint32(8),
      generation: view.getUint32(12),
    };
  }
}

/** A view would be a second object for each path of a listing. */
function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
