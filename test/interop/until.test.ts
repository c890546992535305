import { expect, test } from 'vitest';
import { until } from '../../interop/lab/until.ts';

test('gives the first value that satisfies the condition', async () => {
  let n = 0;
  const seen = await until(
    () => ++n,
    (value) => value === 3,
    { what: 'three' },
  );
  expect(seen).toBe(3);
});

test('looks on after an error', async () => {
  let n = 0;
  const look = () => {
    if (++n < 3) throw new Error('not yet');
    return n;
  };
  expect(await until(look, () => true, { what: 'an answer' })).toBe(3);
});

test('fails with what was waited for and what was seen last', async () => {
  const never = until(
    () => ({ state: 'Idle' }),
    ({ state }) => state === 'Established',
    { what: 'a session', within: 0 },
  );
  await expect(never).rejects.toThrow("waited 0 s for a session; last seen: { state: 'Idle' }");
});

test('fails with the last error', async () => {
  const look = () => {
    throw new Error('no such node');
  };
  await expect(until(look, () => true, { what: 'an answer', within: 0 })).rejects.toThrow('last error: no such node');
});
