import { expect, test, vi } from 'vitest';
import { dynamicIn, interfaceAddresses, lookingWhenTold } from '../../src/link/interfaces.ts';
import type { OpenSource } from '../../src/link/monitor.ts';

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

test('the addresses are looked at anew when the kernel tells, and then alone; where it does not tell, every so often', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const told: (() => void)[] = [];
    const tells: OpenSource = (changed, lost) => told.push(() => changed(new Uint8Array()), lost) > 0;
    const onChange = vi.fn<() => void>();
    expect(lookingWhenTold(tells)(onChange, onChange)).toBe(true);
    for (const [i, tell] of told.entries()) {
      const before = interfaceAddresses();
      vi.advanceTimersByTime(60_000);
      expect(interfaceAddresses()).toBe(before);
      tell();
      expect(interfaceAddresses()).not.toBe(before);
      expect(interfaceAddresses()).toEqual(before);
      expect(onChange).toHaveBeenCalledTimes(i + 1);
    }
    expect(lookingWhenTold(() => false)(onChange, onChange)).toBe(false);
    const before = interfaceAddresses();
    vi.advanceTimersByTime(50);
    expect(interfaceAddresses()).toBe(before);
    vi.advanceTimersByTime(60);
    expect(interfaceAddresses()).not.toBe(before);
  } finally {
    vi.useRealTimers();
  }
});
