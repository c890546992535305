/** Work in short steps; between two of them everything may have changed. */
export type Steps = Iterator<void, void>;

/** Does some work: takes the first step at once, and each other one when everything else has had a turn. */
export type Run = (steps: Steps) => void;

/** Takes all steps at once. */
export function runThrough(steps: Steps): void {
  while (steps.next().done !== true);
}

/** Does what is to be done for 0 up to `end - 1`, so many in a step. */
export function* stepsOver(end: number, size: number, work: (from: number, to: number) => void): Generator<void, void> {
  for (let from = 0; from < end; from += size) {
    if (from > 0) yield;
    work(from, Math.min(from + size, end));
  }
}
