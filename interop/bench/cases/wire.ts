import type { Case } from '../case.ts';
import { wire as writer } from '../speakers/wire.ts';
import { measureDump } from './dump.ts';

/** What the sink, the kernel and the link cost by themselves: no speaker can be faster than this. */
export const wire: Case = {
  name: 'wire',
  title: 'The same bytes, with no speaker behind them',
  speakers: [writer],
  seconds: 1,
  measure: measureDump,
};
