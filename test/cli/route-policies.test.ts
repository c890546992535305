import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig } from '../api/rig.ts';
import { herald } from './herald.ts';
import { lines } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const ask = (...args: string[]) => herald('--server', at.target, ...args);

describe('route-policies', () => {
  test('are a table', async () => {
    at.node.addRoutePolicy({
      name: 'peer-router-export',
      type: 'export',
      statements: [
        {
          name: 'pods',
          conditions: {
            matchNeighbors: { type: 'any', neighbors: [Address.parse('2001:db8::ff')] },
            matchPrefixes: {
              type: 'any',
              prefixes: ['2001:db8:a::/64', '2001:db8:b::/64'].map((cidr) => ({
                cidr: Prefix.parse(cidr),
                lengthMin: 64,
                lengthMax: 64,
              })),
            },
            matchFamilies: [ipv6Unicast],
          },
          actions: {
            routeAction: 'accept',
            addCommunities: [65000 * 65536 + 100],
            addLargeCommunities: [],
            setLocalPreference: 150,
          },
        },
        {
          name: 'rest',
          conditions: { matchFamilies: [] },
          actions: { routeAction: 'reject', addCommunities: [], addLargeCommunities: [] },
        },
      ],
    });
    const [heads, first, second] = await lines(at, 'policies');
    expect(heads?.split(/ {3,}/)).toEqual([
      'Instance',
      'Policy Name',
      'Type',
      'Statement Name',
      'Match Peers',
      'Match Families',
      'Match Prefixes (Min..Max Len)',
      'RIB Action',
      'Path Actions',
    ]);
    expect(first?.split(/ {3,}/)).toEqual([
      'node',
      'peer-router-export',
      'export',
      'pods',
      '2001:db8::ff',
      'ipv6/unicast',
      '(any) {2001:db8:a::/64 (64..64)} {2001:db8:b::/64 (64..64)}',
      'accept',
      '{SetLocalPreference: 150} {AddCommunities: [65000:100]}',
    ]);
    expect(second?.trim().split(/ {3,}/)).toEqual(['rest', 'reject']);
    const [policy] = JSON.parse((await ask('policies', '-o', 'json')).out) as [Record<string, unknown>];
    expect(policy).toMatchObject({
      'router-asn': 65001,
      name: 'peer-router-export',
      type: 'export',
      statements: [
        {
          'match-neighbors': { type: 'any', neighbors: ['2001:db8::ff'] },
          'match-families': [{ afi: 'ipv6', safi: 'unicast' }],
          'route-action': 'accept',
          'set-local-preference': 150,
        },
        { 'route-action': 'reject' },
      ],
    });
  });
});
