/** A copy of `column` with room for at least `size` entries, the new ones 0; `column` itself when it has it already. */
export function grownTo(column: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  if (size <= column.length) return column;
  let length = Math.max(64, column.length);
  while (length < size) length *= 2;
  const grown = new Uint32Array(length);
  grown.set(column);
  return grown;
}

/** The entry at `index`; 0 past the end. A load past the end would make V8 take all that it loads there for more than a number. */
export function entryAt(column: Uint32Array, index: number): number {
  return index < column.length ? (column[index] as number) : 0;
}

/** A growing list of unsigned 32-bit numbers that is emptied and used again, so that a batch allocates nothing. */
export class IdList {
  ids: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  length = 0;

  push(id: number): void {
    if (this.length === this.ids.length) this.ids = grownTo(this.ids, this.length + 1);
    this.ids[this.length++] = id;
  }

  /** Makes room for so many more: until they are there, `ids` is not replaced. */
  reserve(more: number): void {
    if (this.length + more > this.ids.length) this.ids = grownTo(this.ids, this.length + more);
  }

  clear(): void {
    this.length = 0;
  }
}
