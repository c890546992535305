import { describe, expect, test } from 'vitest';
import type { Case } from '../../interop/bench/case.ts';
import { planOf } from '../../interop/bench/measure.ts';
import { markdown, type Run, rowsOf } from '../../interop/bench/report.ts';
import type { Speaker } from '../../interop/bench/speaker.ts';
import { judge, judgeLateness, verdictTable } from '../../interop/bench/verdict.ts';

const [herald, slow, slower] = ['Herald', 'Slow', 'Slower'].map(
  (title): Speaker => ({
    name: title.toLowerCase(),
    title,
    image: 'none',
    dials: 'sink',
    start: () => Promise.reject(new Error('it is not started here')),
  }),
) as [Speaker, Speaker, Speaker];

const race: Case = {
  name: 'race',
  title: 'A race',
  speakers: [herald, slow, slower],
  seconds: 1,
  measure: () => Promise.reject(new Error('it is not measured here')),
};

function took(speaker: Speaker, value: number, metric = 'time'): Run {
  return { case: race, speaker, outcome: { kind: 'measured', measurements: [{ metric, unit: 'ms', value }] } };
}

function couldNot(speaker: Speaker, reason: string): Run {
  return { case: race, speaker, outcome: { kind: 'out-of-reach', reason } };
}

const median = (row: { readonly median: number }) => row.median;
const target = { case: race, metric: 'time', limit: 1 / 4, others: [slow, slower] };

describe('the plan', () => {
  test('speakers take turns, run by run, as often as the case allows', () => {
    const plan = planOf([{ ...race, runs: 2 }], 3, (_, speaker) => speaker !== slower);
    expect(plan.map(({ speaker, run, of }) => [speaker.title, run, of])).toEqual([
      ['Herald', 1, 2],
      ['Slow', 1, 2],
      ['Herald', 2, 2],
      ['Slow', 2, 2],
    ]);
  });
});

describe('the report', () => {
  test('who could not do a case has a line that says why, below the others', () => {
    expect(markdown([couldNot(slow, 'did not finish in 9 s'), took(herald, 2), took(slower, 8)])).toBe(
      [
        '## race: A race',
        '',
        '| time (ms, 1 run) | median |  min |  max |     to the best other |',
        '| ---------------- | -----: | ---: | ---: | --------------------: |',
        '| Herald           |   2.00 | 2.00 | 2.00 |                 0.250 |',
        '| Slower           |   8.00 | 8.00 | 8.00 |                  4.00 |',
        '| Slow             |        |      |      | did not finish in 9 s |',
        '',
      ].join('\n'),
    );
  });

  test('who was measured less often than others says how often, and why', () => {
    const runs = [took(herald, 2), took(slow, 8), took(herald, 2), couldNot(slow, 'needs more memory')];
    expect(markdown(runs)).toContain(
      [
        '| time (ms, 2 runs)              | median |  min |  max | to the best other |',
        '| ------------------------------ | -----: | ---: | ---: | ----------------: |',
        '| Herald                         |   2.00 | 2.00 | 2.00 |             0.250 |',
        '| Slow, 1 run: needs more memory |   8.00 | 8.00 | 8.00 |              4.00 |',
      ].join('\n'),
    );
  });
});

describe('a verdict', () => {
  test('a ratio is to the best other of all runs', () => {
    const rows = rowsOf([took(herald, 2), took(slow, 12), took(slow, 8), took(slower, 20)]);
    expect(judge(target, rows, median)).toEqual({
      asked: 'race: time: 1/4 of the best other',
      got: "2.00 ms, 1/5 of Slow's 10.0 ms",
      met: true,
    });
    expect(judge({ ...target, limit: 1 / 6 }, rows, median).met).toBe(false);
    expect(judge({ ...target, others: [slower], limit: 1 / 9 }, rows, median).met).toBe(true);
  });

  test('what was not measured is a miss', () => {
    expect(judge(target, rowsOf([took(herald, 2), couldNot(slow, 'no')]), median)).toMatchObject({
      got: 'not measured',
      met: false,
    });
    expect(judge({ case: race, metric: 'other', limit: 1 }, rowsOf([took(herald, 0)]), median).met).toBe(false);
  });

  test('of keepalives the latest of all runs counts, in every case', () => {
    const metric = 'keepalive late at most, a race';
    expect(
      judgeLateness(rowsOf([took(herald, 3, metric), took(herald, 251, metric), took(slow, 900, metric)])),
    ).toEqual([{ asked: `race: ${metric}: below 250 ms`, got: '251 ms', met: false }]);
  });

  test('a miss stands out in the table', () => {
    expect(verdictTable([{ asked: 'a', got: 'b', met: false }])).toContain('| **no** |');
  });
});
