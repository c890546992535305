import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Capability } from '../../src/wire/capability.ts';
import { parseCommunity, parseExtendedCommunity } from '../../src/wire/community.ts';
import { family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import type { Message } from '../../src/wire/message.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import { shutdownCommunication } from '../../src/wire/notification.ts';
import { formatAsPath, formatCapability, formatMessage, toJson } from '../../src/wire/text.ts';
import { endOfRib } from '../../src/wire/update-codec.ts';
import { drawContext, drawn, drawUpdate } from './arbitraries.ts';
import { anyCapability, numRuns, unhex } from './bytes.ts';

const prefixes = (...texts: string[]) => texts.map((text) => Prefix.parse(text));
const ipv6 = packPrefixes(ipv6Unicast, prefixes('2001:db8:1::/64', '2001:db8:2::/64'));
const noFaults = { type: 'update', faults: [] } as const;

const cases: [name: string, message: Message, lines: string[], json: unknown][] = [
  ['KEEPALIVE', { type: 'keepalive' }, ['KEEPALIVE'], { type: 'keepalive' }],
  [
    'ROUTE-REFRESH',
    { type: 'route-refresh', family: ipv6Unicast, subtype: 1 },
    ['ROUTE-REFRESH beginning of ipv6/unicast'],
    { type: 'route-refresh', family: 'ipv6/unicast', subtype: 1 },
  ],
  [
    'NOTIFICATION',
    { type: 'notification', code: 6, subcode: 2, data: shutdownCommunication('bye') },
    ['NOTIFICATION 6/2 Cease: Administrative Shutdown: "bye"'],
    {
      type: 'notification',
      code: 6,
      subcode: 2,
      name: 'Cease: Administrative Shutdown',
      text: 'bye',
      data: '03627965',
    },
  ],
  [
    'NOTIFICATION, hard reset',
    { type: 'notification', code: 6, subcode: 9, data: unhex('0604 03627965') },
    ['NOTIFICATION 6/9 Cease: Hard Reset: Cease: Administrative Reset: "bye"'],
    { type: 'notification', code: 6, subcode: 9, name: 'Cease: Hard Reset', text: 'bye', data: '060403627965' },
  ],
  [
    'NOTIFICATION without text',
    { type: 'notification', code: 4, subcode: 0, data: new Uint8Array(0) },
    ['NOTIFICATION 4/0 Hold Timer Expired'],
    { type: 'notification', code: 4, subcode: 0, name: 'Hold Timer Expired', data: '' },
  ],
  [
    'OPEN',
    {
      type: 'open',
      version: 4,
      myAs: 23456,
      holdTime: 90,
      routerId: 0xc0000201,
      capabilities: [
        { name: 'multiprotocol', family: ipv6Unicast },
        { name: 'four-octet-as', asn: 4200000001 },
        { name: 'unknown', code: 128, value: unhex('beef') },
      ],
    },
    [
      'OPEN version 4, AS 4200000001, hold time 90 s, id 192.0.2.1',
      '  multiprotocol ipv6/unicast',
      '  four-octet-as 4200000001',
      '  capability 128 (route-refresh of before RFC 2918) 0xbeef',
    ],
    {
      type: 'open',
      version: 4,
      asn: 4200000001,
      myAs: 23456,
      holdTime: 90,
      routerId: '192.0.2.1',
      capabilities: [
        { code: 1, name: 'multiprotocol', family: 'ipv6/unicast' },
        { code: 65, name: 'four-octet-as', asn: 4200000001 },
        { code: 128, name: 'unknown', value: 'beef' },
      ],
    },
  ],
  [
    'End-of-RIB',
    endOfRib(ipv6Unicast),
    ['UPDATE End-of-RIB ipv6/unicast'],
    { type: 'update', endOfRib: 'ipv6/unicast', unreach: { family: 'ipv6/unicast', prefixes: [] }, attributes: {} },
  ],
  [
    'UPDATE, IPv6',
    {
      ...noFaults,
      reach: {
        nextHop: {
          kind: 'global-and-link-local',
          global: Address.parse('2001:db8::1'),
          linkLocal: Address.parse('fe80::1'),
        },
        nlri: ipv6,
      },
      unreach: packPrefixes(ipv6Unicast, prefixes('2001:db8:3::/64')),
      attributes: {
        origin: 'igp',
        asPath: [{ type: 'sequence', asns: [65001, 65002] }],
        communities: [parseCommunity('65001:100'), parseCommunity('no-export')],
        largeCommunities: [[65001, 1, 2]],
      },
    },
    [
      'UPDATE',
      '  withdraw ipv6/unicast',
      '    2001:db8:3::/64',
      '  announce ipv6/unicast',
      '    2001:db8:1::/64',
      '    2001:db8:2::/64',
      '  next hop 2001:db8::1 fe80::1',
      '  origin igp',
      '  as path 65001 65002',
      '  communities 65001:100 no-export',
      '  large communities 65001:1:2',
    ],
    {
      type: 'update',
      unreach: { family: 'ipv6/unicast', prefixes: ['2001:db8:3::/64'] },
      reach: {
        nextHop: { global: '2001:db8::1', linkLocal: 'fe80::1' },
        family: 'ipv6/unicast',
        prefixes: ['2001:db8:1::/64', '2001:db8:2::/64'],
      },
      attributes: {
        origin: 'igp',
        asPath: [{ type: 'sequence', asns: [65001, 65002] }],
        communities: ['65001:100', 'no-export'],
        largeCommunities: ['65001:1:2'],
      },
    },
  ],
  [
    'UPDATE, IPv4 with path identifiers, and all attributes',
    {
      type: 'update',
      withdrawn: packPrefixes(ipv4Unicast, prefixes('10.0.0.0/8'), [7]),
      nlri: packPrefixes(ipv4Unicast, prefixes('192.0.2.0/24', '0.0.0.0/0'), [1, 2]),
      attributes: {
        origin: 'incomplete',
        asPath: [],
        nextHop: Address.parse('192.0.2.1'),
        med: 0,
        localPref: 100,
        atomicAggregate: true,
        aggregator: { asn: 65001, address: Address.parse('192.0.2.9') },
        originatorId: 0xc0000207,
        clusterList: [1, 0xffffffff],
        extendedCommunities: [parseExtendedCommunity('rt:65001:100')],
        ipv6ExtendedCommunities: [unhex('0002 20010db8000000000000000000000001 0064')],
        aigp: 18446744073709551615n,
        onlyToCustomer: 65003,
        pmsiTunnel: { flags: 1, type: 6, label: 16, identifier: unhex('c0000201') },
        unknown: [{ flags: 0xe0, code: 99, value: unhex('abcd') }],
      },
      faults: [
        {
          action: 'attribute-discard',
          attribute: 4,
          subcode: 5,
          message: 'length 3 is not 4',
          data: new Uint8Array(0),
        },
        { action: 'treat-as-withdraw', attribute: 200, subcode: 4, message: 'odd', data: unhex('ab') },
        { action: 'session-reset', attribute: 0, subcode: 1, message: 'cut short', data: new Uint8Array(0) },
      ],
    },
    [
      'UPDATE',
      '  withdraw ipv4/unicast',
      '    10.0.0.0/8 path 7',
      '  announce ipv4/unicast',
      '    192.0.2.0/24 path 1',
      '    0.0.0.0/0 path 2',
      '  origin incomplete',
      '  as path (empty)',
      '  next hop 192.0.2.1',
      '  med 0',
      '  local preference 100',
      '  atomic aggregate',
      '  aggregator AS 65001 192.0.2.9',
      '  extended communities rt:65001:100',
      '  ipv6 extended communities 0x000220010db80000000000000000000000010064',
      '  originator 192.0.2.7',
      '  cluster list 0.0.0.1 255.255.255.255',
      '  aigp 18446744073709551615',
      '  only to customer AS 65003',
      '  pmsi tunnel type 6, flags 1, label 16, identifier 0xc0000201',
      '  attribute 99 flags 0xe0, 0xabcd',
      '  fault: attribute-discard, 3/5, MULTI_EXIT_DISC: length 3 is not 4',
      '  fault: treat-as-withdraw, 3/4, attribute 200: odd',
      '  fault: session-reset, 3/1, cut short',
    ],
    {
      type: 'update',
      withdrawn: { family: 'ipv4/unicast', prefixes: [{ prefix: '10.0.0.0/8', pathId: 7 }] },
      nlri: {
        family: 'ipv4/unicast',
        prefixes: [
          { prefix: '192.0.2.0/24', pathId: 1 },
          { prefix: '0.0.0.0/0', pathId: 2 },
        ],
      },
      attributes: {
        origin: 'incomplete',
        asPath: [],
        nextHop: '192.0.2.1',
        med: 0,
        localPref: 100,
        atomicAggregate: true,
        aggregator: { asn: 65001, address: '192.0.2.9' },
        originatorId: '192.0.2.7',
        clusterList: ['0.0.0.1', '255.255.255.255'],
        extendedCommunities: ['rt:65001:100'],
        ipv6ExtendedCommunities: ['0x000220010db80000000000000000000000010064'],
        aigp: '18446744073709551615',
        onlyToCustomer: 65003,
        pmsiTunnel: { flags: 1, type: 6, label: 16, identifier: 'c0000201' },
        unknown: [{ flags: 0xe0, code: 99, value: 'abcd' }],
      },
      faults: [
        { action: 'attribute-discard', attribute: 4, subcode: 5, message: 'length 3 is not 4', data: '' },
        { action: 'treat-as-withdraw', attribute: 200, subcode: 4, message: 'odd', data: 'ab' },
        { action: 'session-reset', attribute: 0, subcode: 1, message: 'cut short', data: '' },
      ],
    },
  ],
  [
    'UPDATE of a family that is not made of prefixes',
    {
      ...noFaults,
      reach: {
        nextHop: { kind: 'opaque', bytes: unhex('0102') },
        nlri: { family: family(25, 70), addPath: false, bytes: unhex('abcd') },
      },
      attributes: {},
    },
    ['UPDATE', '  announce l2vpn/evpn 0xabcd', '  next hop 0x0102'],
    { type: 'update', reach: { nextHop: { bytes: '0102' }, family: 'l2vpn/evpn', bytes: 'abcd' }, attributes: {} },
  ],
  [
    'UPDATE with one next hop',
    {
      ...noFaults,
      reach: { nextHop: { kind: 'single', address: Address.parse('fe80::1') }, nlri: ipv6 },
      attributes: {},
    },
    ['UPDATE', '  announce ipv6/unicast', '    2001:db8:1::/64', '    2001:db8:2::/64', '  next hop fe80::1'],
    {
      type: 'update',
      reach: { nextHop: 'fe80::1', family: 'ipv6/unicast', prefixes: ['2001:db8:1::/64', '2001:db8:2::/64'] },
      attributes: {},
    },
  ],
];

test.each(cases)('%s', (_, message, lines, json) => {
  expect(formatMessage(message)).toEqual(lines);
  expect(toJson(message)).toEqual(json);
});

test.each<[Capability, string]>([
  [{ name: 'route-refresh' }, 'route-refresh'],
  [
    { name: 'extended-next-hop', entries: [{ family: ipv4Unicast, nextHopAfi: 2 }] },
    'extended-next-hop ipv4/unicast via ipv6',
  ],
  [{ name: 'extended-next-hop', entries: [] }, 'extended-next-hop'],
  [{ name: 'role', role: 0 }, 'role provider'],
  [{ name: 'role', role: 9 }, 'role 9'],
  [
    {
      name: 'graceful-restart',
      restarting: true,
      notification: true,
      time: 120,
      families: [
        { family: ipv6Unicast, forwarding: true },
        { family: ipv4Unicast, forwarding: false },
      ],
    },
    'graceful-restart 120 s, restarting, notification: ipv6/unicast forwarding, ipv4/unicast',
  ],
  [{ name: 'graceful-restart', restarting: false, notification: false, time: 0, families: [] }, 'graceful-restart 0 s'],
  [{ name: 'add-path', families: [{ family: ipv6Unicast, mode: 'both' }] }, 'add-path ipv6/unicast both'],
  [
    {
      name: 'long-lived-graceful-restart',
      families: [{ family: ipv6Unicast, forwarding: true, staleTime: 3600 }],
    },
    'long-lived-graceful-restart ipv6/unicast 3600 s forwarding',
  ],
  [{ name: 'fqdn', host: 'leaf\n1', domain: 'local' }, 'fqdn "leaf\\u{a}1" "local"'],
  [{ name: 'software-version', version: 'FRR "10"' }, 'software-version "FRR \\"10\\""'],
  [{ name: 'unknown', code: 200, value: new Uint8Array(0) }, 'capability 200'],
])('%j', (capability, text) => {
  expect(formatCapability(capability)).toBe(text);
});

test('an AS path with all kinds of segments', () => {
  expect(
    formatAsPath([
      { type: 'confed-sequence', asns: [64512, 64513] },
      { type: 'confed-set', asns: [1, 2] },
      { type: 'sequence', asns: [65001, 4200000000] },
      { type: 'set', asns: [3, 4] },
    ]),
  ).toBe('(64512 64513) [1,2] 65001 4200000000 {3,4}');
});

const openWith = { type: 'open', version: 4, myAs: 65001, holdTime: 90, routerId: 1 } as const;
const anyUpdate = drawn((draw) => drawUpdate(draw, drawContext(draw)));

property.prop(
  [
    fc.oneof(
      anyUpdate,
      anyCapability.map((capability) => ({ ...openWith, capabilities: [capability] })),
    ),
  ],
  {
    numRuns: numRuns / 10,
  },
)('any message is plain JSON, and lines without control characters', (message) => {
  const json = toJson(message);
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  for (const line of formatMessage(message)) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
});
