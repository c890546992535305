import { setListenRange } from '../api/instances.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { ListenRange } from '../speaker/types.ts';
import { difference } from './difference.ts';

// A range with a password wants one of all that is inside it: those that ask for less change before the peers do, and those that ask for
// more after them.

/** Returns how many were removed, or changed to ask for no password. */
export function relaxRanges(speaker: Speaker, from: readonly ListenRange[], to: readonly ListenRange[]): number {
  const { removed, changed } = difference(from, to, keyOf);
  for (const { prefix } of removed) {
    try {
      speaker.removeListenRange(prefix);
    } catch (error) {
      // A request may have removed it before.
      if (!(error instanceof SpeakerError && error.code === 'not-found')) throw error;
    }
  }
  const open = changed.filter((range) => !asksForPassword(range)).toSorted((a, b) => a.prefix.length - b.prefix.length);
  for (const range of open) setListenRange(speaker, range);
  return removed.length + open.length;
}

/** Returns how many were added, or changed to ask for a password. */
export function tightenRanges(speaker: Speaker, from: readonly ListenRange[], to: readonly ListenRange[]): number {
  const { changed, added } = difference(from, to, keyOf);
  const ranges = [...added, ...changed.filter(asksForPassword)].toSorted((a, b) => b.prefix.length - a.prefix.length);
  for (const range of ranges) setListenRange(speaker, range);
  return ranges.length;
}

function keyOf({ prefix }: ListenRange): string {
  return prefix.toString();
}

function asksForPassword({ template }: ListenRange): boolean {
  return template.transport.password !== undefined;
}
