import { describe, expect, test } from 'vitest';
import { nearest } from '../../../src/controlplane/resources/nearest.ts';

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
