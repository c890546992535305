import { expect, test } from 'vitest';
import { interfaceAddresses } from '../../src/link/interfaces.ts';

test('the loopback address is there, in its network, and every address is in the network given for it', () => {
  const all = interfaceAddresses();
  const loopback = all.find(({ address }) => address.toString() === '127.0.0.1');
  expect(loopback?.network.toString()).toBe('127.0.0.0/8');
  for (const { address, network } of all) expect(network.contains(address)).toBe(true);
});
