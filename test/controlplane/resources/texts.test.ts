import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Texts } from '../../../src/controlplane/resources/texts.ts';
import { runs } from '../../runs.ts';

test('whatever it remembers, it gives a text that is equal', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e')), (most, texts) => {
      const shared = new Texts(most);
      for (const text of texts) expect(shared.shared(text)).toBe(text);
    }),
    { numRuns: runs },
  );
});
