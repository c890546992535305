import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/daemon/config/error.ts';
import { loadConfig, parseConfig } from '../../../src/daemon/config/load.ts';
import { Address } from '../../../src/ip/address.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import { ipv4Unicast, ipv6Unicast } from '../../../src/wire/family.ts';

const file = 'herald.yaml';

function problemsOf(text: string): readonly string[] {
  return problemsOfFiles({ [file]: text });
}

function problemsOfFiles(files: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseConfig(Object.entries(files).map(([name, text]) => ({ file: name, text })));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const indent = (text: string, by: string) => text.replace(/^/gm, by);

/** An instance, with more fields of it from line 5, column 5 on. */
const instance = (fields: string) =>
  `instances:\n  - name: a\n    localASN: 65001\n    routerID: 10.0.0.1\n${indent(fields, '    ')}\n`;

/** A peer in an instance, with more fields of it from line 8, column 9 on. */
const peer = (fields: string) =>
  instance(`peers:\n  - name: r\n    peerAddress: 2001:db8::1\n${indent(fields, '    ')}`);

/** A path in an instance, with more fields of it from line 7, column 9 on. */
const path = (fields: string) => instance(`paths:\n  - prefixes: [2001:db8:a::/64]\n${indent(fields, '    ')}`);

/** A statement in a policy in an instance, from line 8, column 13 on. */
const statement = (fields: string) =>
  instance(`routePolicies:\n  - name: p\n    statements:\n      -\n${indent(fields, '        ')}`);

describe('a configuration that is right', () => {
  test('may be empty', () => {
    expect(parseConfig([{ file, text: '' }])).toEqual({ instances: [] });
  });

  test.each([
    ['peerInterface: eth1', 'fe80::%eth1'],
    ['peerAddress: fe80::1, peerInterface: eth1', 'fe80::1%eth1'],
    ['peerAddress: fe80::1%eth1, peerInterface: eth1', 'fe80::1%eth1'],
  ])('takes a peer with %s for %s', (fields, address) => {
    const [only] = parseConfig([{ file, text: instance(`peers: [{ name: r, ${fields} }]`) }]).instances;
    expect(only?.neighbors.map((each) => `${each.address}`)).toEqual([address]);
  });

  test('takes Cilium’s defaults for what it does not say', () => {
    const [only] = parseConfig([{ file, text: peer('') }]).instances;
    expect(only).toEqual({
      name: 'a',
      global: { asn: 65001, routerId: '10.0.0.1', listenPort: -1 },
      listenRanges: [],
      neighbors: [
        {
          name: 'r',
          address: Address.parse('2001:db8::1'),
          asn: 0,
          timers: { connectRetry: 120, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
          transport: { remotePort: 179, passive: false },
          families: [ipv6Unicast, ipv4Unicast],
          defaultExportAction: 'accept',
          defaultImportAction: 'reject',
        },
      ],
      paths: [],
      policies: [],
    });
  });

  test('says everything about a peer', () => {
    const [only] = parseConfig([
      {
        file,
        text: peer(`peerASN: 65000
families: [ipv4/unicast]
timers: { connectRetryTimeSeconds: 5, holdTimeSeconds: 9, delayOpenSeconds: 2 }
transport: { peerPort: 1790, localAddress: "2001:db8::2", localPort: 4000, passive: true }
export: none
import: all`),
      },
    ]).instances;
    expect(only?.neighbors[0]).toMatchObject({
      asn: 65000,
      timers: { connectRetry: 5, holdTime: 9, keepaliveInterval: 3, delayOpen: 2 },
      transport: { remotePort: 1790, localAddress: Address.parse('2001:db8::2'), localPort: 4000, passive: true },
      families: [ipv4Unicast],
      defaultExportAction: 'reject',
      defaultImportAction: 'accept',
    });
  });

  test('says what a peer is told for our own address', () => {
    const nextHopOf = (fields: string) =>
      parseConfig([{ file, text: peer(fields) }]).instances[0]?.neighbors[0]?.nextHop;
    expect(nextHopOf('peerASN: 65000')).toBeUndefined();
    expect(nextHopOf('nextHop: linkLocal')).toEqual({ kind: 'linkLocal' });
    expect(nextHopOf('nextHop: 2001:db8::9')).toEqual({
      kind: 'explicit',
      nextHop: { kind: 'single', address: Address.parse('2001:db8::9') },
    });
    expect(() => nextHopOf('nextHop: 192.0.2.1')).toThrow(
      'peers[0].nextHop: must be auto, global, linkLocal, both, an IPv6 address, or a global and a link-local address',
    );
  });

  test('says of which families a peer has several paths', () => {
    const addPathsOf = (fields: string) =>
      parseConfig([{ file, text: peer(fields) }]).instances[0]?.neighbors[0]?.addPaths;
    expect(addPathsOf('addPaths: [{ family: ipv6/unicast, mode: send }]')).toEqual([
      { family: ipv6Unicast, mode: 'send' },
    ]);
    expect(() => addPathsOf('families: [ipv4/unicast]\naddPaths: [{ family: ipv6/unicast, mode: both }]')).toThrow(
      'peers[0].addPaths: ipv6/unicast is not among the families',
    );
    expect(() =>
      addPathsOf('addPaths: [{ family: ipv6/unicast, mode: both }, { family: ipv6/unicast, mode: send }]'),
    ).toThrow('ipv6/unicast is there twice');
  });

  test('says what a peer may send, what we are to it, and that it is shut down', () => {
    const [given] =
      parseConfig([
        {
          file,
          text: peer(
            'maximumPrefixes: [{ family: ipv6/unicast, limit: 100, warningThresholdPercent: 80, restartSeconds: 60 }]\nrole: customer\nroleStrict: true\nadminDown: new optics',
          ),
        },
      ]).instances[0]?.neighbors ?? [];
    expect(given).toMatchObject({
      maximumPrefixes: [{ family: ipv6Unicast, limit: 100, warningThreshold: 80, restartSeconds: 60 }],
      role: 'customer',
      roleStrict: true,
      adminDown: 'new optics',
    });
  });

  test('says how a peer is protected, and shows it to nobody', () => {
    const directory = mkdtempSync(join(tmpdir(), 'herald-'));
    const path = join(directory, 'password');
    writeFileSync(path, 'from a file\n');
    const transportOf = (fields: string) =>
      parseConfig([{ file, text: peer(fields) }]).instances[0]?.neighbors[0]?.transport;
    const given = transportOf('password: sesame\ntransport: { ttlSecurity: true, bindToDevice: eth0 }');
    expect(given?.password?.reveal()).toBe('sesame');
    expect(given).toMatchObject({ ttlSecurity: true, bindToDevice: 'eth0' });
    expect(JSON.stringify(given)).not.toContain('sesame');
    expect(transportOf(`passwordFile: ${path}`)?.password?.reveal()).toBe('from a file');
    expect(transportOf('transport: { sourceInterface: lo1, tcpUserTimeoutMilliseconds: 5000 }')).toMatchObject({
      sourceInterface: 'lo1',
      userTimeout: 5000,
    });
    expect(transportOf('transport: { ebgpMultihop: 3 }')).toEqual({ remotePort: 179, passive: false, ebgpMultihop: 3 });
    rmSync(directory, { recursive: true });
  });

  test('says how long routes outlive the session', () => {
    const restartOf = (fields: string) =>
      parseConfig([{ file, text: peer(fields) }]).instances[0]?.neighbors[0]?.gracefulRestart;
    expect(restartOf('')).toBeUndefined();
    expect(restartOf('gracefulRestart: { enabled: false, restartTimeSeconds: 60 }')).toBeUndefined();
    expect(restartOf('gracefulRestart: { enabled: true }')).toEqual({ restartTime: 120, stalePathTime: 180 });
    expect(
      restartOf('gracefulRestart: { enabled: true, restartTimeSeconds: 4095, stalePathTimeSeconds: 65535 }'),
    ).toEqual({ restartTime: 4095, stalePathTime: 65535 });
    const entry = '{ family: ipv6/unicast, staleTimeSeconds: 3600 }';
    expect(restartOf(`gracefulRestart: { enabled: true, longLived: [${entry}] }`)).toMatchObject({
      longLived: [{ family: ipv6Unicast, staleTime: 3600 }],
    });
    expect(() => restartOf(`gracefulRestart: { enabled: true, longLived: [${entry}, ${entry}] }`)).toThrow(
      'gracefulRestart: longLived: ipv6/unicast is there twice',
    );
    expect(() => restartOf('gracefulRestart: { enabled: true, restartTimeSeconds: 4096 }')).toThrow(
      'gracefulRestart.restartTimeSeconds: must be at most 4095',
    );
  });

  test('says whether BFD runs, and how', () => {
    const bfdOf = (fields: string) => parseConfig([{ file, text: peer(fields) }]).instances[0]?.neighbors[0]?.bfd;
    const byDefault = { transmitInterval: 300, receiveInterval: 300, detectionMultiplier: 3, strict: false };
    expect(bfdOf('bfd: { enabled: true }')).toEqual(byDefault);
    expect(bfdOf('bfd: { enabled: false, strict: true }')).toBeUndefined();
    const all = 'enabled: true, transmitIntervalMilliseconds: 50, receiveIntervalMilliseconds: 60';
    expect(bfdOf(`bfd: { ${all}, detectionMultiplier: 5, strict: true }`)).toEqual({
      transmitInterval: 50,
      receiveInterval: 60,
      detectionMultiplier: 5,
      strict: true,
    });
  });

  test('says everything about a path', () => {
    const text = path(`nextHop: "2001:db8::9, fe80::9"
pathID: 7
extendedCommunities: ["color:5"]
communities: ["65001:100", no-export, "65001:100"]
largeCommunities: ["1:2:3"]
med: 0
localPreference: 200
asPathPrepend: [65001, 65001]
origin: incomplete`);
    expect(parseConfig([{ file, text }]).instances[0]?.paths).toEqual([
      {
        prefixes: [Prefix.parse('2001:db8:a::/64')],
        pathId: 7,
        nextHop: {
          kind: 'global-and-link-local',
          global: Address.parse('2001:db8::9'),
          linkLocal: Address.parse('fe80::9'),
        },
        attributes: {
          origin: 'incomplete',
          asPath: [{ type: 'sequence', asns: [65001, 65001] }],
          med: 0,
          localPref: 200,
          communities: [65001 * 65536 + 100, 0xffffff01],
          largeCommunities: [[1, 2, 3]],
          extendedCommunities: [Uint8Array.of(3, 11, 0, 0, 0, 0, 0, 5)],
        },
      },
    ]);
  });

  test('says everything about a policy', () => {
    const text = statement(`matchNeighbors: { type: invert, neighbors: ["2001:db8::1"] }
matchPrefixes: { prefixes: [{ cidr: "2001:db8::/32", prefixLenMax: 64 }] }
matchFamilies: [ipv6/unicast]
routeAction: accept
addCommunities: [no-peer]
setLocalPreference: 0
nextHop: unchanged`);
    expect(parseConfig([{ file, text }]).instances[0]?.policies).toEqual([
      {
        name: 'p',
        type: 'export',
        statements: [
          {
            name: '0',
            conditions: {
              matchNeighbors: { type: 'invert', neighbors: [Address.parse('2001:db8::1')] },
              matchPrefixes: {
                type: 'any',
                prefixes: [{ cidr: Prefix.parse('2001:db8::/32'), lengthMin: 32, lengthMax: 64 }],
              },
              matchFamilies: [ipv6Unicast],
            },
            actions: {
              routeAction: 'accept',
              addCommunities: [0xffffff04],
              addLargeCommunities: [],
              setLocalPreference: 0,
              nextHop: 'unchanged',
            },
          },
        ],
      },
    ]);
  });

  test('may be spread over files and documents', () => {
    const text = (name: string) => `instances: [{ name: ${name}, localASN: 1, routerID: 1.1.1.1 }]\n`;
    const config = parseConfig([
      { file: 'a.yaml', text: `log: { level: warn }\n---\n${text('a')}---\n${text('b')}` },
      { file: 'b.yaml', text: text('c') },
    ]);
    expect(config.log).toEqual({ level: 'warn' });
    expect(config.instances.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test.each(['config/quickstart', 'config/quickstart/herald.yaml', 'config/frr'])('is in %s', (path) => {
    expect(loadConfig(path).instances).toHaveLength(1);
  });
});

describe('a configuration that is wrong', () => {
  test.each<[name: string, text: string, problems: string[]]>([
    ['no YAML', 'a: [1', ['1:6 Flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['a key twice', 'log: {}\nlog: {}', ['2:1 Map keys must be unique']],
    ['an alias to nothing', 'log: *x', ['1:6 *x has no anchor &x before it']],
    ['lists in lists without end', '- '.repeat(100_000), ['1:131 is nested more than 64 levels deep']],
    ['a list', '- a', ['1:1 must be a map of fields']],
    ['text for a list', 'instances: 4', ['1:12 instances: must be a list']],
    ['an unknown field', 'instance: []', ['1:1 instance: is not a known field; did you mean instances?']],
    ['an unlike field', 'controller: []', ['1:1 controller: is not a known field']],
    [
      'nothing needed',
      'instances: [{}]',
      ['name', 'localASN', 'routerID'].map((key) => `1:13 instances[0].${key}: is required`),
    ],
    ['an ASN of 0', 'lab: { name: a, localASN: 0, routerID: 1.1.1.1 }', ['1:27 lab.localASN: must be at least 1']],
    [
      'text for an ASN and an ASN too large',
      'lab: { name: a, localASN: "65001", routerID: 1.1.1.1, peers: [{ name: b, peerAddress: "::2", peerASN: 4294967296 }] }',
      ['1:27 lab.localASN: must be a number', '1:103 lab.peers[0].peerASN: must be at most 4294967295'],
    ],
    [
      'a router ID that is none',
      'lab: { name: a, localASN: 1, routerID: 0.0.0.0 }',
      ['1:40 lab.routerID: must be a router ID: an IPv4 address other than 0.0.0.0'],
    ],
    ['a port of 0', instance('localPort: 0'), ['5:16 instances[0].localPort: must be at least 1']],
    [
      'a long name',
      `lab: { name: ${'a'.repeat(256)}, localASN: 1, routerID: 1.1.1.1 }`,
      ['1:14 lab.name: must be at most 255 characters long'],
    ],
    [
      'a peer’s field in the wrong place',
      peer('peerPort: 4'),
      ['8:9 instances[0].peers[0].peerPort: is not a known field; did you mean transport.peerPort?'],
    ],
    [
      'a typing error',
      peer('timers: { holdTimeSecond: 9 }'),
      ['8:19 instances[0].peers[0].timers.holdTimeSecond: is not a known field; did you mean holdTimeSeconds?'],
    ],
    [
      'a hold time of 2',
      peer('timers: { holdTimeSeconds: 2 }'),
      ['8:36 instances[0].peers[0].timers.holdTimeSeconds: must be 0 (no hold timer) or at least 3'],
    ],
    [
      'a keepalive time above the hold time',
      peer('timers: { holdTimeSeconds: 9, keepAliveTimeSeconds: 10 }'),
      ['8:17 instances[0].peers[0].timers: keepAliveTimeSeconds can not be larger than holdTimeSeconds'],
    ],
    [
      'a keepalive time above the default hold time',
      peer('timers: { keepAliveTimeSeconds: 91 }'),
      ['8:17 instances[0].peers[0].timers: keepAliveTimeSeconds can not be larger than holdTimeSeconds'],
    ],
    [
      'a part of a second',
      peer('timers: { connectRetryTimeSeconds: 1.5 }'),
      ['8:44 instances[0].peers[0].timers.connectRetryTimeSeconds: must be a whole number'],
    ],
    [
      'a family without prefixes',
      peer('families: [l2vpn/evpn]'),
      [
        '8:20 instances[0].peers[0].families[0]: must be a family of prefixes: ipv6/unicast, ipv4/unicast, ipv6/multicast or ipv4/multicast',
      ],
    ],
    ['a word for export', peer('export: some'), ['8:17 instances[0].peers[0].export: must be one of all, none']],
    [
      'a source of the other kind',
      peer('transport: { localAddress: 10.0.0.1 }'),
      [
        '8:36 instances[0].peers[0].transport.localAddress: must be of the same kind, IPv4 or IPv6, as the peer’s address',
      ],
    ],
    [
      'a link-local peer without its interface',
      instance('peers: [{ name: r, peerAddress: "fe80::1" }]'),
      ['5:37 instances[0].peers[0].peerAddress: a link-local address needs its interface, as in fe80::1%eth0'],
    ],
    [
      'a peer that is nowhere',
      instance('peers: [{ name: r }]'),
      [
        '5:13 instances[0].peers[0].peerAddress: is required, unless there is an interface for whichever router is on it',
      ],
    ],
    [
      'an interface of a peer that is not on the link',
      instance('peers: [{ name: r, peerAddress: "::2", peerInterface: eth1 }]'),
      ['5:59 instances[0].peers[0].peerInterface: is for a link-local address, and ::2 is none'],
    ],
    [
      'two peers by one interface',
      instance('peers: [{ name: r, peerInterface: eth1 }, { name: s, peerInterface: eth1 }]'),
      ['5:47 instances[0].peers[1].peerAddress: the address fe80::%eth1 is already that of entry 0'],
    ],
    [
      'two peers of one name',
      instance('peers: [{ name: r, peerAddress: "::2" }, { name: r, peerAddress: "::3" }]'),
      ['5:54 instances[0].peers[1].name: the name r is already that of entry 0'],
    ],
    [
      'two peers at one address',
      instance('peers: [{ name: r, peerAddress: "::2" }, { name: s, peerAddress: "0::2" }]'),
      ['5:70 instances[0].peers[1].peerAddress: the address ::2 is already that of entry 0'],
    ],
    [
      'two instances of one name',
      'instances: [{ name: a, localASN: 1, routerID: 1.1.1.1 }, { name: a, localASN: 2, routerID: 1.1.1.2 }]',
      ['1:66 instances[1].name: the name a is already that of entry 0'],
    ],
    [
      'a lab of an instance’s name',
      'instances: [{ name: a, localASN: 1, routerID: 1.1.1.1 }]\nlab: { name: a, localASN: 2, routerID: 1.1.1.2 }',
      ['2:14 lab.name: the name a is already that of an instance'],
    ],
    [
      'a prefix in two paths of one identifier',
      instance('paths: [{ prefixes: ["::/0"], pathID: 1 }, { prefixes: ["::/0"] }, { prefixes: ["::/0"], pathID: 1 }]'),
      ['5:85 instances[0].paths[2].prefixes[0]: ::/0 (path 1) is already in paths[0]'],
    ],
    [
      'a prefix in two paths',
      instance('paths: [{ prefixes: ["2001:db8::/64"] }, { prefixes: ["2001:db8:0::/64"] }]'),
      ['5:59 instances[0].paths[1].prefixes[0]: 2001:db8::/64 is already in paths[0]'],
    ],
    [
      'host bits',
      instance('paths: [{ prefixes: ["2001:db8::1/64"] }]'),
      ['5:26 instances[0].paths[0].prefixes[0]: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64'],
    ],
    [
      'no prefix',
      instance('paths: [{ prefixes: [] }]'),
      ['5:25 instances[0].paths[0].prefixes: must have at least 1 entry'],
    ],
    [
      'a next hop that is none',
      path('nextHop: "::"'),
      [
        '7:18 instances[0].paths[0].nextHop: must be self, an address, or a global and a link-local address with a comma between',
      ],
    ],
    [
      'lengths that contradict each other',
      statement('matchPrefixes: { prefixes: [{ cidr: "2001:db8::/32", prefixLenMin: 24 }] }'),
      [
        '9:41 instances[0].routePolicies[0].statements[0].matchPrefixes.prefixes[0]: lengths must satisfy 32 <= min <= max <= 128',
      ],
    ],
    [
      'an address to listen on that is none',
      'api: { listen: ["/run/herald.sock"] }',
      ['1:17 api.listen[0]: must be unix:/path, host:port or [v6]:port'],
    ],
    [
      'a password too long',
      peer(`password: ${'sesame'.repeat(14)}`),
      ['8:19 instances[0].peers[0].password: must be 1 to 80 octets long, for TCP MD5 takes no more'],
    ],
    ['a password that is no text', peer('password: 12345678'), ['8:19 instances[0].peers[0].password: must be text']],
    [
      'two passwords',
      peer('password: sesame\npasswordFile: /dev/null/x'),
      ['9:23 instances[0].peers[0].passwordFile: cannot be read (ENOTDIR)'],
    ],
    [
      'a relative file',
      peer('passwordFile: sesame'),
      ['8:23 instances[0].peers[0].passwordFile: must be an absolute path'],
    ],
    [
      'BFD over several hops',
      peer('transport: { ebgpMultihop: 2 }\nbfd: { enabled: true }'),
      ['9:14 instances[0].peers[0].bfd: bfd and ebgpMultihop exclude each other: BFD is for a neighbor on the link'],
    ],
    [
      'BFD that never sends',
      peer('bfd: { enabled: true, transmitIntervalMilliseconds: 0 }'),
      ['8:61 instances[0].peers[0].bfd.transmitIntervalMilliseconds: must be at least 1'],
    ],
    [
      'a hop too many',
      peer('transport: { ttlSecurity: true, ebgpMultihop: 2 }'),
      ['8:55 instances[0].peers[0].transport.ebgpMultihop: ttlSecurity and ebgpMultihop exclude each other'],
    ],
    [
      'two limits of a family',
      peer('maximumPrefixes: [{ family: ipv6/unicast, limit: 1 }, { family: ipv6/unicast, limit: 2 }]'),
      ['8:26 instances[0].peers[0].maximumPrefixes: ipv6/unicast has two limits'],
    ],
    ['roleStrict without a role', peer('roleStrict: true'), ['8:21 instances[0].peers[0].roleStrict: needs a role']],
    [
      'a text for the peer that is too long',
      peer(`adminDown: ${'é'.repeat(65)}`),
      ['8:20 instances[0].peers[0].adminDown: must be at most 128 octets of UTF-8'],
    ],
  ])('has %s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => `${file}:${problem}`));
  });

  test('has a community that is none', () => {
    const [problem, ...more] = problemsOf(path('communities: ["65001:70000"]'));
    expect(problem).toMatch(
      /^herald\.yaml:7:23 instances\[0\]\.paths\[0\]\.communities\[0\]: "65001:70000" is no community/,
    );
    expect(more).toEqual([]);
  });

  test('tells all of it at once, in order', () => {
    const text = `api: { lisen: [] }\n${peer('timers: { holdTimeSeconds: 1 }\npeerAsn: 4')}`;
    expect(problemsOf(text)).toEqual([
      'herald.yaml:1:8 api.lisen: is not a known field; did you mean listen?',
      'herald.yaml:9:36 instances[0].peers[0].timers.holdTimeSeconds: must be 0 (no hold timer) or at least 3',
      'herald.yaml:10:9 instances[0].peers[0].peerAsn: is not a known field; did you mean peerASN?',
    ]);
  });

  test('is told of at its own place in its own file', () => {
    const good = 'instances: [{ name: a, localASN: 1, routerID: 1.1.1.1 }]\nlog: {}\n';
    const bad = 'log: {}\ninstances: [{ name: b, localASN: 0, routerID: 1.1.1.1 }]\n';
    expect(problemsOfFiles({ 'a.yaml': good, 'b.yaml': bad })).toEqual([
      'b.yaml:1:1 log: is already in a.yaml',
      'b.yaml:2:34 instances[0].localASN: must be at least 1',
    ]);
  });

  test('is not there, or has nothing in it', () => {
    expect(() => loadConfig('no/such/file')).toThrow('no/such/file: there is no such file or directory');
    expect(() => loadConfig('src/gen')).toThrow('src/gen: there is no .yaml file in this directory');
  });
});
