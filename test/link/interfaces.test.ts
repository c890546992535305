import { expect, test } from 'vitest';
import { dynamicIn, interfaceAddresses } from '../../src/link/interfaces.ts';

test('the loopback address is there, in its network, and every address is in the network given for it', () => {
  const all = interfaceAddresses();
  const loopback = all.find(({ address }) => address.toString() === '127.0.0.1');
  expect(loopback?.network.toString()).toBe('127.0.0.0/8');
  for (const { address, network } of all) expect(network.contains(address)).toBe(true);
});

test('an address without the permanent flag is one that the kernel may take back', () => {
  const table = [
    '20010db80000000000000000000a0001 02 40 00 80     eth0',
    '20010db80000000000000000000a0002 02 40 00 00     eth0',
    '20010db80000000000000000000a0003 02 40 00 100    eth0',
    '00000000000000000000000000000001 01 80 10 80       lo',
    '',
  ].join('\n');
  expect([...dynamicIn(table)]).toEqual(['20010db80000000000000000000a0002', '20010db80000000000000000000a0003']);
});
