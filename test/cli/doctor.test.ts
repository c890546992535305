import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../src/daemon/doctor/types.ts';
import { Address } from '../../src/ip/address.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import { type Rig, rig } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

test('the doctor looks at what a running daemon was given by its API, with all that matters of it', async () => {
  const transport = { remotePort: 179, passive: false, password: new SecretText('sesame') };
  at.node.addNeighbor({ ...neighbor(7), name: 'seven', transport });
  at.node.addNeighbor({ ...neighbor(8), name: 'eight', address: Address.parse('fe80::1%nowhere0') });
  const { out } = await herald('--server', at.target, 'doctor', '-o', 'json');
  const findings = JSON.parse(out) as Finding[];
  const found = (wanted: string) => findings.find(({ check }) => check === wanted);
  expect(found('running daemon')).toMatchObject({
    result: 'ok',
    note: 'peers that are not in the configuration: router, seven, eight',
  });
  expect(found('interfaces are up')?.problems).toMatchObject([{ text: 'there is no interface nowhere0' }]);
  // Only a password needs native code here.
  expect(found('native code')?.result).not.toBe('skipped');
  expect(out).not.toContain('sesame');
});

test('the doctor says where no daemon answers', async () => {
  const { out } = await herald('--server', 'unix:/nowhere/herald.sock', 'doctor');
  expect(out.split('\n')[0]).toMatch(
    /^-\s+running daemon: only the peers of the configuration are looked at: no daemon answers at unix:\/nowhere/,
  );
});
