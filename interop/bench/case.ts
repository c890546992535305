import type { Speaker } from './speaker.ts';

export interface Measurement {
  /** What was measured, such as `add, p99`: a table for each. */
  readonly metric: string;
  readonly unit: 'ms' | 'µs' | 'MB' | 'kB' | 'B' | '%' | '×';
  readonly value: number;
  /** Something more, for who watches the run. */
  readonly note?: string;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Those that can take part, by name. */
  readonly speakers: readonly Speaker[];
  /** How often it is measured at most, where one run is long. */
  readonly runs?: number;
  /** What one run of all speakers takes, about, of a table of 100,000: for the estimate of what is left. */
  readonly seconds: number;
  /** One run of one speaker. */
  readonly measure: (speaker: Speaker, routes: number) => Promise<readonly Measurement[]>;
}
