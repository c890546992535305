import { bytesOf, textOf } from '../controlplane/vault.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';
import { prefixesOf } from '../wire/nlri.ts';
import type { Nlri } from '../wire/update.ts';

// Keys: the length of the instance's name in two octets, the name, and what is unique in it.

const scopeLength = 2;

/** What the keys of all that is in an instance start with. */
export function scope(instance: string): Buffer {
  const name = bytesOf(instance);
  return Buffer.concat([Uint8Array.of(name.length >> 8, name.length), name]);
}

export function instanceOf(key: Uint8Array): string {
  const length = Buffer.from(key).readUInt16BE();
  return textOf(key.subarray(scopeLength, scopeLength + length));
}

export function neighborKey(instance: string, address: string): Buffer {
  return Buffer.concat([scope(instance), bytesOf(address)]);
}

export function policyKey(instance: string, name: string, type: string): Buffer {
  return Buffer.concat([scope(instance), bytesOf(`${type} ${name}`)]);
}

/** The family, then the prefix as ADD-PATH has it in NLRI (RFC 7911, 3). */
export function pathKeys(instance: string, nlri: Nlri): Buffer[] {
  const start = scope(instance);
  return prefixesOf(nlri).map(({ prefix, pathId }) => pathKey(start, nlri.family, prefix, pathId));
}

function pathKey(start: Uint8Array, family: Family, { bytes, length }: Prefix, pathId: number): Buffer {
  const octets = (length + 7) >>> 3;
  const key = Buffer.alloc(start.length + 9 + octets);
  key.set(start);
  key.writeUInt32BE(family, start.length);
  key.writeUInt32BE(pathId, start.length + 4);
  key[start.length + 8] = length;
  key.set(bytes.subarray(0, octets), start.length + 9);
  return key;
}

/** The path of a key, as NLRI. */
export function pathOf(key: Uint8Array): Nlri {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const start = scopeLength + view.getUint16(0);
  return { family: view.getUint32(start) as Family, addPath: true, bytes: Uint8Array.from(key.subarray(start + 4)) };
}
