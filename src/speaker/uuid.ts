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
    const view = new DataView(uuid.buffer);
    view.setUint32(0, this.#salt);
    view.setUint16(4, afiOf(family));
    view.setUint8(6, safiOf(family));
    view.setUint32(8, slot);
    view.setUint32(12, generation);
    return uuid;
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
