import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { sameResource } from '../../../src/controlplane/resources/key.ts';
import type { Secret } from '../../../src/controlplane/resources/types.ts';
import { validate } from '../../../src/controlplane/resources/validate.ts';
import { SecretText } from '../../../src/session/secret-text.ts';
import { change } from './change.ts';
import { secret } from './good.ts';

function secretOf(value: unknown): Secret {
  const result = validate(value);
  if (!result.ok || result.resource.kind !== 'Secret') throw new Error('no Secret');
  return result.resource;
}

test('data is decoded, and stringData goes over it', () => {
  const { data } = secretOf(secret);
  expect(Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.reveal()]))).toEqual({
    password: 's3cret',
    other: 'plain',
  });
});

test.each([
  ['template', (value: unknown) => `${value as SecretText}`],
  ['String', String],
  ['JSON', JSON.stringify],
  ['inspect', (value: unknown) => inspect(value, { depth: 9, showHidden: true })],
  ['concatenation', (value: unknown) => '' + (value as string)],
])('a secret prints as [redacted]: %s', (_, print) => {
  const shown = print(new SecretText('s3cret'));
  expect(shown).toContain('[redacted]');
  expect(shown).not.toContain('s3cret');
});

test('a whole Secret prints without its values', () => {
  const resource = secretOf(secret);
  for (const shown of [JSON.stringify(resource), inspect(resource, { depth: 9, showHidden: true })]) {
    expect(shown).toContain('[redacted]');
    expect(shown).not.toMatch(/s3cret|czNjcmV0|plain/);
  }
});

test('no fault shows what is in a Secret', () => {
  const wrong = change(change(secret, 'data', { password: '!s3cret!', more: 7777 }), 'stringData', { x: ['s3cret'] });
  expect(JSON.stringify(validate(wrong))).not.toMatch(/s3cret|7777/);
});

test('two Secrets are the same only when their values are', () => {
  const other = change(secret, 'data.password', 'b3RoZXI=');
  expect(sameResource(secretOf(secret), secretOf(secret))).toBe(true);
  expect(sameResource(secretOf(secret), secretOf(other))).toBe(false);
  expect(sameResource(new SecretText('a'), '[redacted]')).toBe(false);
});
