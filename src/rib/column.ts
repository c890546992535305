/** Entries from which on a column grows fourfold. */
const LARGE = 16384;
/** Entries of a page of memory. */
const PAGE = 1024;

/**
 * How long a column gets that is to have at least `size` entries. Memory that nobody has written to yet costs nothing, and to copy a column into memory that is
 * new costs more than anything else that is done with it: so it is seldom done.
 */
export function roomFor(size: number, length: number): number {
  let room = Math.max(64, length);
  while (room < size) room *= room < LARGE ? 2 : 4;
  return room;
}

/** A copy of `column` with room for at least `size` entries, the new ones 0; `column` itself when it has it already. */
export function grownTo(column: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  if (size <= column.length) return column;
  const grown = new Uint32Array(roomFor(size, column.length));
  grown.set(column);
  return grown;
}

/**
 * A column in which all entries will soon be looked at, and not in order. A page of new memory that is read before it is written to is made twice, and other
 * threads are stopped for that: so each is written to first.
 */
export function touched(size: number): Uint32Array<ArrayBuffer> {
  const column = new Uint32Array(size);
  touch(column, 0, size);
  return column;
}

/** Writes 0 to an entry of each page from `from` on to before `to`, where all are 0. */
export function touch(column: Uint32Array, from: number, to: number): void {
  for (let at = from; at < to; at += PAGE) column[at] = 0;
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
