import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/transport/world.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a timer longer than setTimeout can take does not fire early', () => {
  const days = 60 * 86_400_000;
  const fired = vi.fn<() => void>();
  systemClock.timer(days, fired);
  vi.advanceTimersByTime(days - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledTimes(1);
});

test('a cancelled timer never fires, even in its second slice', () => {
  const days = 60 * 86_400_000;
  const fired = vi.fn<() => void>();
  const timer = systemClock.timer(days, fired);
  vi.advanceTimersByTime(days / 2);
  timer.cancel();
  vi.advanceTimersByTime(days);
  expect(fired).not.toHaveBeenCalled();
});
