import type { Timing } from './fsm.ts';
import type { BfdStatus } from './ports.ts';

// What the thread that runs BFD and the one that runs everything else tell each other. Addresses are text.

export type ToThread =
  | {
      readonly type: 'open';
      readonly remote: string;
      readonly local?: string;
      readonly timing: Timing;
      /** Shared memory, by `column`. */
      readonly counters: Uint32Array;
    }
  | { readonly type: 'change'; readonly remote: string; readonly timing: Timing }
  | { readonly type: 'close'; readonly remote: string }
  | { readonly type: 'end' };

export type FromThread =
  | { readonly type: 'status'; readonly remote: string; readonly status: BfdStatus }
  /** The answer to `end`; nothing comes after it. */
  | { readonly type: 'ended' };
