import { describe, expect, test } from 'vitest';
import { parseLabelSelector } from '../../src/api/label-selector.ts';
import { matchesLabels } from '../../src/controlplane/resources/labels.ts';

describe('a label selector', () => {
  test.each([
    ['app=web', { key: 'app', operator: 'In', values: ['web'] }],
    ['app==web', { key: 'app', operator: 'In', values: ['web'] }],
    [' app = web ', { key: 'app', operator: 'In', values: ['web'] }],
    ['app=', { key: 'app', operator: 'In', values: [''] }],
    ['app!=web', { key: 'app', operator: 'NotIn', values: ['web'] }],
    ['k8s.io/tier in (a, b)', { key: 'k8s.io/tier', operator: 'In', values: ['a', 'b'] }],
    ['tier notin (a)', { key: 'tier', operator: 'NotIn', values: ['a'] }],
    ['canary', { key: 'canary', operator: 'Exists' }],
    ['!canary', { key: 'canary', operator: 'DoesNotExist' }],
  ])('%s', (text, requirement) => {
    expect(parseLabelSelector(text)).toEqual({ matchExpressions: [requirement] });
  });

  test('asks for all of several', () => {
    const selector = parseLabelSelector('app=web,tier in (a, b),!canary');
    expect(selector?.matchExpressions).toHaveLength(3);
    expect(matchesLabels(selector ?? {}, { app: 'web', tier: 'b' })).toBe(true);
    expect(matchesLabels(selector ?? {}, { app: 'web', tier: 'b', canary: '' })).toBe(false);
  });

  test.each(['', ',', 'a=b,', 'a b', 'in (a)', '=b', 'a=b=c', 'a in b', 'a in (b', 'a=-', '!'])(
    '%j is none',
    (text) => {
      expect(parseLabelSelector(text)).toBeUndefined();
    },
  );
});
