import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { words } from '../../interop/lab/words.ts';

import { runs as numRuns } from '../runs.ts';

const runs = { numRuns };

describe('words', () => {
  test.each([
    ['ip -6  addr show', ['ip', '-6', 'addr', 'show']],
    [`vtysh -c 'show bgp' -c "a \\"b\\""`, ['vtysh', '-c', 'show bgp', '-c', 'a "b"']],
    ["a'b c'd", ['ab cd']],
    ["'' x", ['', 'x']],
    ['a\\ b', ['a b']],
    [' $HOME | * ', ['$HOME', '|', '*']],
    ['', []],
  ])('%s', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  test('a quote that stays open is an error', () => {
    expect(() => words("a 'b")).toThrow(/not closed/);
  });

  property.prop([fc.array(fc.string())], runs)('undoes quoting', (list) => {
    const quoted = list.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ');
    expect(words(quoted)).toEqual(list);
  });
});
