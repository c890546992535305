import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/daemon/config/error.ts';
import { parseConfig } from '../../../src/daemon/config/load.ts';

const file = 'herald.yaml';
const head = 'instances:\n  - name: a\n    localASN: 65001\n    routerID: 10.0.0.1\n';
const withRanges = (ranges: string, more = '    localPort: 179\n') => `${head}${more}    listenRanges:\n${ranges}`;
const one = (fields: string) => withRanges(`      - { name: rack, prefix: 2001:db8::/64, ${fields} }\n`);

function problems(text: string): readonly string[] {
  try {
    parseConfig([{ file, text }]);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('listen ranges', () => {
  test('have what peers have, but for what is one peer’s', () => {
    const text = one(
      'limit: 8, peerASNs: [65002, "65010-65020"], password: sesame, timers: { holdTimeSeconds: 9 }, transport: { ttlSecurity: true }, export: none',
    );
    const [range] = parseConfig([{ file, text }]).instances[0]?.listenRanges ?? [];
    expect(range).toMatchObject({
      name: 'rack',
      limit: 8,
      asns: [
        { first: 65002, last: 65002 },
        { first: 65010, last: 65020 },
      ],
      template: {
        timers: { holdTime: 9, keepaliveInterval: 3 },
        transport: { passive: true, ttlSecurity: true },
        defaultExportAction: 'reject',
        defaultImportAction: 'reject',
      },
    });
    expect(range?.prefix.toString()).toBe('2001:db8::/64');
    expect(range?.template.transport.password?.reveal()).toBe('sesame');
  });

  test('have defaults, and may lie in each other and around peers', () => {
    const text = withRanges(
      '      - { name: a, prefix: "::/0" }\n      - { name: b, prefix: 2001:db8::/64, password: x }\n    peers:\n      - { name: tor, peerAddress: 2001:db8::1, password: y }\n',
    );
    const [instance] = parseConfig([{ file, text }]).instances;
    expect(instance?.listenRanges.map(({ limit, asns }) => [limit, asns])).toEqual([
      [100, []],
      [100, []],
    ]);
  });

  test.each<[string, string, string[]]>([
    [
      'two of one prefix',
      withRanges('      - { name: a, prefix: "10.0.0.0/8" }\n      - { name: b, prefix: "10.0.0.0/8" }\n'),
      ['herald.yaml:8:28 instances[0].listenRanges[1].prefix: the prefix 10.0.0.0/8 is already that of entry 0'],
    ],
    [
      'host bits',
      withRanges('      - { name: a, prefix: 10.0.0.1/8 }\n'),
      ['herald.yaml:7:28 instances[0].listenRanges[0].prefix: 10.0.0.1/8 has host bits set; the prefix is 10.0.0.0/8'],
    ],
    [
      'groups',
      withRanges('      - { name: a, prefix: 224.0.0.0/4 }\n'),
      ['herald.yaml:7:28 instances[0].listenRanges[0].prefix: must be one of addresses of hosts'],
    ],
    [
      'no port to listen on',
      withRanges('      - { name: a, prefix: 10.0.0.0/8 }\n', ''),
      [
        'herald.yaml:6:7 instances[0].listenRanges: need a localPort: nobody can connect to an instance that does not listen',
      ],
    ],
    [
      'AS numbers that are none',
      one('peerASNs: ["2-1"]'),
      ['herald.yaml:7:57 instances[0].listenRanges[0].peerASNs[0]: must be an AS number, or two as in "65010-65020"'],
    ],
    [
      'what is one peer’s',
      one('peerASN: 65002'),
      ['herald.yaml:7:46 instances[0].listenRanges[0].peerASN: is not a known field; did you mean peerASNs?'],
    ],
    [
      'a fault between fields',
      one('transport: { ttlSecurity: true, ebgpMultihop: 2 }'),
      [
        'herald.yaml:7:92 instances[0].listenRanges[0].transport.ebgpMultihop: ttlSecurity and ebgpMultihop exclude each other',
      ],
    ],
    [
      'a peer without the password around it',
      `${one('password: x')}    peers:\n      - { name: tor, peerAddress: 2001:db8::1 }\n`,
      [
        'herald.yaml:9:9 instances[0].peers[0]: peer "tor" has no password, and is in listen range "rack" (2001:db8::/64), which has one: the kernel would want it of peer "tor" too; give it one, or have it elsewhere',
      ],
    ],
  ])('are refused with %s', (_, text, expected) => expect(problems(text)).toEqual(expected));
});
