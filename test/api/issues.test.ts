import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/api/issues.ts';

describe('nearest', () => {
  test.each([
    ['peerAsn', 'peerASN'],
    ['holdTimeSecond', 'holdTimeSeconds'],
    ['hodlTime', 'holdTime'],
    ['med', 'med'],
    ['mde', 'med'],
    ['xyz', undefined],
    ['', undefined],
  ])('to %j is %j', (word, expected) => {
    expect(nearest(word, ['peerASN', 'peerAddress', 'holdTimeSeconds', 'holdTime', 'med'])).toBe(expected);
  });
});
