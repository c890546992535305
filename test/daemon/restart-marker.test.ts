import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaveForGood, takeOver } from '../../src/daemon/restart-marker.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-marker-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a process finds that another ran', () => {
  test('not on the first start', () => {
    const state = join(directory, 'state');
    expect(takeOver(state)).toBe(false);
  });

  test('when it was killed', () => {
    takeOver(directory);
    expect(takeOver(directory)).toBe(true);
    expect(takeOver(directory)).toBe(true);
  });

  test('not when that one ended for good', () => {
    takeOver(directory);
    leaveForGood(directory);
    expect(takeOver(directory)).toBe(false);
  });

  test('not after a boot, for the kernel forgot what it forwarded', () => {
    takeOver(directory, 'one');
    expect(takeOver(directory, 'two')).toBe(false);
    expect(takeOver(directory, 'two')).toBe(true);
  });
});
