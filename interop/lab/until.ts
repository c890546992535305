import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface UntilOptions {
  /** What is waited for, in words that fit "waited for ...". */
  readonly what: string;
  /** Seconds; 60 if absent: more than anything here takes, even where many things run at once. Less only where that is what is claimed. */
  readonly within?: number;
}

/**
 * Seconds in which one sees what happens at once, on a slow and busy machine too: less than it takes any timer of the labs to bring it about, for a hold
 * time of nine seconds leaves six after the last KEEPALIVE.
 */
export const atOnce = 5;

/** Milliseconds between two looks, at least. A look is often a process, for which what is looked at has to wait: between two there is twice the time that one took. */
const pause = 50;

/**
 * Looks again and again until what it sees satisfies `holds`, and returns that. After `within` seconds throws with the
 * value (or the error) it saw last.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  holds: (value: Awaited<T>) => boolean,
  { what, within = 60 }: UntilOptions,
): Promise<Awaited<T>> {
  const end = performance.now() + within * 1000;
  for (;;) {
    const began = performance.now();
    let last: string;
    try {
      const value = await look();
      if (holds(value)) return value;
      last = `last seen: ${inspect(value, { depth: 6, maxArrayLength: 20, maxStringLength: 2000 })}`;
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    const now = performance.now();
    if (now >= end) throw new Error(`waited ${within} s for ${what}; ${last}`);
    // The last look is at the end, and not later: what came after it is too late.
    await sleep(Math.min(Math.max(pause, 2 * (now - began)), end - now));
  }
}
