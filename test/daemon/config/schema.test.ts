import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../../src/daemon/config/schema.ts';

const file: unknown = JSON.parse(readFileSync('config/herald.schema.json', 'utf8'));

describe('config/herald.schema.json', () => {
  test('is current: npm run -s herald -- schema > config/herald.schema.json && npx biome format --write config', () => {
    expect(JSON.parse(JSON.stringify(jsonSchema()))).toEqual(file);
  });

  test.each([
    'config/quickstart/herald.yaml',
    'config/frr/herald.yaml',
    'config/cilium/herald.yaml',
    'config/kubernetes/herald.yaml',
  ])('accepts %s', (name) => {
    const validate = new Ajv({ strict: false }).compile(file as object);
    validate(parse(readFileSync(name, 'utf8')));
    expect(validate.errors).toBeNull();
  });

  test('refuses a field that is unknown', () => {
    const validate = new Ajv({ strict: false }).compile(file as object);
    expect(validate({ instance: [] })).toBe(false);
  });
});
