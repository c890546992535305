import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatDuration, parseSeconds } from '../../src/cli/duration.ts';
import { type Rig, rig } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { herald } from './herald.ts';
import { announce, lines } from './support.ts';

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

describe('the table of peers', () => {
  const ask = (...args: string[]) => herald('--server', at.target, ...args);

  test('is a table of all that are no lab’s', async () => {
    expect(await lines(at, 'peers')).toEqual([
      'Instance   Peer     Session State   Uptime   Family         Received   Accepted   Advertised',
      'node       router   connect         -        ipv6/unicast   -          -          -',
    ]);
  });

  test('has counts once established, and one line for each family', async () => {
    await announce(at);
    expect(await lines(at, 'peers', '--instance', 'router')).toEqual([
      'Instance   Peer   Session State   Uptime   Family         Received   Accepted   Advertised',
      'router     node   established     4s       ipv6/unicast   1          1          0',
    ]);
  });

  test('has more columns with -o wide', async () => {
    await announce(at);
    expect(await lines(at, 'peers', '-o', 'wide')).toEqual([
      'Instance   Peer     Local AS   Peer AS   Peer Address         Session State   Uptime   Family         Received   Accepted   Advertised   Stale   BFD   Router ID    Hold   Last Down',
      'node       router   65001      65000     [2001:db8::ff]:179   established     4s       ipv6/unicast   0          0          1            0       -     10.0.0.254   9s     -',
    ]);
  });

  test('has Cilium’s names in JSON and YAML', async () => {
    await announce(at);
    const [peer] = JSON.parse((await ask('peers', '-o', 'json')).out) as [Record<string, unknown>];
    expect(peer).toMatchObject({
      instance: 'node',
      name: 'router',
      'peer-address': '2001:db8::ff',
      'peer-port': 179,
      'peer-asn': 65000,
      'local-asn': 65001,
      'session-state': 'established',
      families: [{ afi: 'ipv6', safi: 'unicast', received: 0, accepted: 0, advertised: 1, looped: 0, stale: 0 }],
      timers: { 'applied-hold-nanoseconds': 9e9, 'configured-keep-alive-nanoseconds': 3e9 },
      'local-capabilities': expect.arrayContaining([
        { name: 'route-refresh', text: 'route-refresh', capabilities: 'AgA=' },
      ]),
    });
    expect(parse((await ask('peers', '-o', 'yaml')).out)).toEqual([peer]);
  });

  test('tells capabilities with -c', async () => {
    await announce(at);
    expect((await lines(at, 'peers', '-c')).slice(0, 4)).toEqual([
      'BGP neighbor is 2001:db8::ff, remote AS 65000',
      '  Neighbor capabilities:',
      '    multiprotocol ipv6/unicast: advertised and received',
      '    route-refresh: advertised and received',
    ]);
  });
});
