import type { Speaker } from './speaker.ts';

export interface Measurement {
  /** What was measured, such as `add, p99`: a table for each. */
  readonly metric: string;
  readonly unit: 'ms' | 'µs' | 'MB' | 'kB' | '%' | '×';
  readonly value: number;
  /** Something more, for who watches the run. */
  readonly note?: string;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Those that can take part, by name. */
  readonly speakers: readonly Speaker[];
  /** One run of one speaker. */
  readonly measure: (speaker: Speaker, routes: number) => Promise<readonly Measurement[]>;
}
