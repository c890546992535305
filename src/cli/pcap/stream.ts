/** What comes next in a stream: octets, or how many of them the capture does not have. */
export type Piece = Uint8Array | number;

interface Waiting {
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** How many segments may wait for one that is missing, before it counts as lost. */
const MAX_WAITING = 256;

/** One direction of a TCP connection: segments in, in any order and any number of times; octets out, in order and once. */
export class Stream {
  /** The sequence number of the octet to come; undefined before anything was seen. */
  #next: number | undefined;
  /** What came early, by sequence number. */
  #waiting: Waiting[] = [];

  get started(): boolean {
    return this.#next !== undefined;
  }

  /** The stream's first octet will have this number. */
  start(sequence: number): void {
    this.#next = sequence >>> 0;
  }

  add(sequence: number, data: Uint8Array): Piece[] {
    if (data.length === 0) return [];
    this.#next ??= sequence;
    if (distance(this.#next, sequence) <= 0) {
      const pieces: Piece[] = [];
      this.#take(sequence, data, pieces);
      this.#takeWaiting(pieces);
      return pieces;
    }
    this.#wait(sequence, data);
    return this.#waiting.length > MAX_WAITING ? this.#skip() : [];
  }

  /** The receiver has all octets before this one: what the capture lacks of them will not come. */
  acknowledged(sequence: number): Piece[] {
    const pieces: Piece[] = [];
    while (this.#missesBefore(sequence)) pieces.push(...this.#skip());
    return pieces;
  }

  /** Nothing more will come. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    while (this.#waiting.length > 0) pieces.push(...this.#skip());
    return pieces;
  }

  #missesBefore(sequence: number): boolean {
    const [first] = this.#waiting;
    return first !== undefined && distance(first.sequence, sequence) > 0;
  }

  /** Gives up what is missing before the first that waits. */
  #skip(): Piece[] {
    const [first] = this.#waiting;
    if (first === undefined || this.#next === undefined) return [];
    const pieces: Piece[] = [distance(this.#next, first.sequence)];
    this.#next = first.sequence;
    this.#takeWaiting(pieces);
    return pieces;
  }

  #takeWaiting(pieces: Piece[]): void {
    let taken = 0;
    for (const { sequence, data } of this.#waiting) {
      if (distance(this.#next as number, sequence) > 0) break;
      this.#take(sequence, data, pieces);
      taken++;
    }
    this.#waiting.splice(0, taken);
  }

  /** Takes what is new of a segment that starts at or before the octet to come. */
  #take(sequence: number, data: Uint8Array, pieces: Piece[]): void {
    const next = this.#next as number;
    const fresh = data.subarray(distance(sequence, next));
    if (fresh.length === 0) return;
    pieces.push(fresh);
    this.#next = (next + fresh.length) >>> 0;
  }

  #wait(sequence: number, data: Uint8Array): void {
    let at = this.#waiting.length;
    while (at > 0 && distance((this.#waiting[at - 1] as Waiting).sequence, sequence) < 0) at--;
    this.#waiting.splice(at, 0, { sequence, data });
  }
}

/** How far it is from one sequence number to another, in octets; negative when it is backwards. They wrap at 2^32. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
