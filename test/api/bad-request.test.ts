import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { decodeBadRequest, encodeBadRequest } from '../../src/api/bad-request.ts';

import { runs } from '../runs.ts';

const numRuns = runs / 10;
const violation = fc.record({ field: fc.string({ unit: 'grapheme' }), description: fc.string({ unit: 'grapheme' }) });

describe('a google.rpc.BadRequest', () => {
  test.prop([fc.integer({ min: 0, max: 16 }), fc.string(), fc.array(violation)], { numRuns })(
    'is read as it was written',
    (code, message, violations) => {
      expect(decodeBadRequest(encodeBadRequest(code, message, violations))).toEqual(violations);
    },
  );

  test('has the bytes that protobuf gives it', () => {
    const any = `0a2b${Buffer.from('type.googleapis.com/google.rpc.BadRequest').toString('hex')}`;
    expect(encodeBadRequest(3, 'm', [{ field: 'f', description: 'd' }]).toString('hex')).toBe(
      `08031201${'6d'}1a${(2 + 41 + 2 + 8).toString(16)}${any.replace('0a2b', '0a29')}12080a060a01661201${'64'}`,
    );
  });

  test('is not found in a status that has another', () => {
    expect(decodeBadRequest(Buffer.from('08031a040a0278781200', 'hex'))).toEqual([]);
  });
});
