import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatDuration, parseSeconds } from '../../src/cli/duration.ts';
import { type Rig, rig } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const json = async (...args: string[]) =>
  JSON.parse((await herald('--server', at.target, ...args, '-o', 'json')).out) as Record<string, unknown>[];

describe('peers', () => {
  test('come by address, not as they were added', async () => {
    for (const host of [9, 2, 10]) at.node.addNeighbor(neighbor(host));
    const addresses = (await json('peers')).map((peer) => peer['peer-address']);
    expect(addresses).toEqual(['2001:db8::2', '2001:db8::9', '2001:db8::10', '2001:db8::ff']);
  });

  test('have every field that Cilium’s have, and zeros too', async () => {
    const [peer] = await json('peers');
    expect(peer).toMatchObject({
      name: 'router',
      'local-asn': 65001,
      'peer-asn': 65000,
      'peer-address': '2001:db8::ff',
      'peer-port': 179,
      'session-state': 'connect',
      'uptime-nanoseconds': 0,
      families: [{ afi: 'ipv6', safi: 'unicast', received: 0, accepted: 0, advertised: 0 }],
      timers: {
        'applied-hold-nanoseconds': 0,
        'applied-keep-alive-nanoseconds': 0,
        'configured-hold-nanoseconds': 9e9,
        'configured-keep-alive-nanoseconds': 3e9,
        'connect-retry-nanoseconds': 1e9,
      },
      'ebgp-multihop-ttl': 1,
      'graceful-restart': { enabled: false, 'restart-time-nanoseconds': 0 },
      'local-capabilities': expect.arrayContaining([expect.objectContaining({ capabilities: 'AQQAAgAB' })]),
      'remote-capabilities': [],
    });
  });
});

describe('a duration', () => {
  test.each<[string, number | undefined]>([
    ['0', 0],
    ['90', 90],
    ['30s', 30],
    ['1m30s', 90],
    ['2h', 7200],
    ['', undefined],
    ['s', undefined],
    ['1.5s', undefined],
    ['30x', undefined],
  ])('%j is so many seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  test.each<[bigint, string]>([
    [0n, '0s'],
    [499_999_999n, '0s'],
    [500_000_000n, '1s'],
    [59_600_000_000n, '1m0s'],
    [65_000_000_000n, '1m5s'],
    [93_780_000_000_000n, '26h3m0s'],
  ])('of %i ns is %s, rounded as Cilium rounds it', (nanoseconds, text) => {
    expect(formatDuration(nanoseconds)).toBe(text);
  });
});
