import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exitCode } from '../../src/cli/exit.ts';
import { monitor } from '../../src/cli/monitor.ts';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { formatExtendedCommunity } from '../../src/wire/community.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig } from '../api/rig.ts';
import { captured, herald, type Ran } from './herald.ts';

let at: Rig;
let directory: string;
beforeEach(async () => {
  at = await rig();
  directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
});
afterEach(async () => {
  await at.close();
  rmSync(directory, { recursive: true });
});

const ask = (...args: string[]): Promise<Ran> => herald('--server', at.target, ...args);

async function lines(...args: string[]): Promise<string[]> {
  const { code, out, err } = await ask(...args);
  expect({ code, err }).toEqual({ code: exitCode.ok, err: '' });
  return out.trimEnd().split('\n');
}

/** A session that is up and a path from the node at the router, three seconds old. */
async function announce(): Promise<void> {
  at.establish();
  await ask('advertise', '2001:db8:a::/64', '--community', '65001:100', '--large-community', '65001:1:2', '--med', '7');
  at.clock.advance(3000);
}

describe('peers', () => {
  test('is a table of all that are no lab’s', async () => {
    expect(await lines('peers')).toEqual([
      'Instance   Peer     Session State   Uptime   Family         Received   Accepted   Advertised',
      'node       router   connect         -        ipv6/unicast   -          -          -',
    ]);
  });

  test('has counts once established, and one line for each family', async () => {
    await announce();
    expect(await lines('peers', '--instance', 'router')).toEqual([
      'Instance   Peer   Session State   Uptime   Family         Received   Accepted   Advertised',
      'router     node   established     4s       ipv6/unicast   1          1          0',
    ]);
  });

  test('has more columns with -o wide', async () => {
    await announce();
    expect(await lines('peers', '-o', 'wide')).toEqual([
      'Instance   Peer     Local AS   Peer AS   Peer Address         Session State   Uptime   Family         Received   Accepted   Advertised   Stale   BFD   Router ID    Hold   Last Down',
      'node       router   65001      65000     [2001:db8::ff]:179   established     4s       ipv6/unicast   0          0          1            0       -     10.0.0.254   9s     -',
    ]);
  });

  test('has Cilium’s names in JSON and YAML', async () => {
    await announce();
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
    await announce();
    expect((await lines('peers', '-c')).slice(0, 4)).toEqual([
      'BGP neighbor is 2001:db8::ff, remote AS 65000',
      '  Neighbor capabilities:',
      '    multiprotocol ipv6/unicast: advertised and received',
      '    route-refresh: advertised and received',
    ]);
  });
});

describe('routes', () => {
  test('are those of the Loc-RIB, by prefix', async () => {
    await announce();
    await ask('advertise', '2001:db8:9::/64', '--next-hop', '2001:db8::9,fe80::9');
    expect(await lines('routes')).toEqual([
      'Instance   Prefix            NextHop               Best   Age   Attrs',
      'node       2001:db8:9::/64   2001:db8::9,fe80::9   true   0s    [{Origin: i} {AsPath: } {Nexthop: 2001:db8::9,fe80::9}]',
      'node       2001:db8:a::/64   ::                    true   3s    [{Origin: i} {AsPath: } {Nexthop: ::} {Med: 7} {Communities: 65001:100} {LargeCommunity: [ 65001:1:2]}]',
    ]);
  });

  test('are those that a peer sent, or is sent', async () => {
    await announce();
    const attributes =
      '[{Origin: i} {AsPath: 65001} {Nexthop: 2001:db8::1} {Med: 7} {Communities: 65001:100} {LargeCommunity: [ 65001:1:2]}]';
    expect(await lines('routes', 'received', '--instance', 'router')).toEqual([
      'Instance   Peer          Prefix            NextHop       Age   Attrs',
      `router     2001:db8::1   2001:db8:a::/64   2001:db8::1   3s    ${attributes}`,
    ]);
    const [heads, row] = await lines('routes', 'advertised', 'ipv6', 'unicast', 'peer', '2001:db8::ff');
    expect(heads).toBe('Instance   Peer           Prefix            NextHop       Age   Attrs');
    expect(row).toContain(`2001:db8:a::/64   2001:db8::1`);
  });

  test('have Cilium’s names in JSON, and its base64', async () => {
    await announce();
    const [route, ...others] = JSON.parse((await ask('routes', '-o', 'json')).out) as [Record<string, unknown>];
    expect(others).toEqual([]);
    expect(route).toMatchObject({
      instance: 'node',
      'router-asn': 65001,
      prefix: '2001:db8:a::/64',
      paths: [
        {
          nlri: { base64: 'QCABDbgACgAA' },
          family: { afi: 'ipv6', safi: 'unicast' },
          best: true,
          'age-nanoseconds': expect.any(Number),
          'next-hops': ['::'],
          med: 7,
          communities: ['65001:100'],
        },
      ],
    });
  });

  test('are none of a family without any', async () => {
    expect(await lines('routes', 'ipv4/unicast')).toEqual(['no available routes for ipv4/unicast']);
    expect(await lines('routes', 'ipv4/unicast', '-o', 'json')).toEqual(['[]']);
  });

  test.each<[string[], string]>([
    [['foo'], 'invalid argument: foo, expected available, advertised or received'],
    [['available', 'foo'], 'invalid argument: foo, expected a family, vrouter ASN or peer ADDRESS'],
    [['received', 'ipv6'], 'missing SAFI value after ipv6 (e.g. unicast)'],
    [['received', 'ipv6', 'foo'], 'unknown SAFI foo'],
    [['received', 'peer'], 'missing peer IP address'],
    [['available', 'peer', '::1'], 'available routes belong to no peer; ask for advertised or received'],
  ])('with %j are a mistake', async (args, message) => {
    expect(await ask('routes', ...args)).toEqual({ code: exitCode.usage, out: '', err: `herald: ${message}\n` });
  });
});

describe('advertise and withdraw', () => {
  test('give a uuid, which withdraws', async () => {
    const [heads, row = ''] = await lines('advertise', '2001:db8:a::/64');
    expect(heads).toBe('Prefix            UUID');
    const uuid = row.split(/\s+/)[1] ?? '';
    expect(uuid).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(await lines('withdraw', '--uuid', uuid)).toEqual([
      'Path                                   Withdrawn',
      `${uuid}   yes`,
    ]);
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toEqual([]);
  });

  test('take all attributes', async () => {
    const { code } = await ask(
      'advertise',
      '2001:db8:a::/64',
      '--next-hop=2001:db8::9',
      '--community=no-export',
      '--community=65001:1',
      '--as-path-prepend=65001,65001',
      '--origin=incomplete',
      '--local-preference=0',
    );
    expect(code).toBe(exitCode.ok);
    const [route] = at.node.routes({ table: 'loc-rib', family: ipv6Unicast });
    expect(route?.paths[0]).toMatchObject({
      nextHop: { kind: 'single', address: Address.parse('2001:db8::9') },
      attributes: {
        origin: 'incomplete',
        asPath: [{ type: 'sequence', asns: [65001, 65001] }],
        localPref: 0,
        communities: [0xffffff01, 65001 * 65536 + 1],
      },
    });
  });

  test('are several to one prefix, told apart by an identifier', async () => {
    for (const [pathId, bandwidth] of [
      [1, '1e9'],
      [2, '2e9'],
    ] as const)
      await ask(
        'advertise',
        '2001:db8:a::/64',
        `--path-id=${pathId}`,
        `--extended-community=link-bandwidth:65001:${bandwidth}`,
      );
    const found = () =>
      [...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })].flatMap(({ paths }) =>
        paths.map(({ pathId, attributes }) => [pathId, attributes.extendedCommunities?.map(formatExtendedCommunity)]),
      );
    expect(new Map(found() as [number, string[]][])).toEqual(
      new Map([
        [1, ['link-bandwidth:65001:1000000000']],
        [2, ['link-bandwidth:65001:2000000000']],
      ]),
    );
    expect((await lines('routes', 'available'))[0]).toContain('Path ID');
    expect((await ask('withdraw', '2001:db8:a::/64', '--path-id=1')).code).toBe(exitCode.ok);
    expect(found()).toHaveLength(1);
    const { code, err } = await ask('advertise', '::/0', '--extended-community=link-bandwidth:1');
    expect([code, err]).toEqual([exitCode.usage, expect.stringContaining('is no extended community')]);
  });

  test('take a file of prefixes', async () => {
    const file = join(directory, 'prefixes');
    const prefixes = Array.from({ length: 5000 }, (_, i) => `2001:db8:0:${i.toString(16)}::/64`);
    writeFileSync(file, `# pods\n${prefixes.join('\n')}\n10.0.0.0/8 10.1.0.0/16 # two\n`);
    expect(await lines('advertise', '-f', file)).toEqual(['Advertised', '5002']);
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toHaveLength(5000);
    expect(await lines('withdraw', '-f', file, '-o', 'json')).toEqual([
      '[',
      '  {',
      '    "withdrawn": 5002',
      '  }',
      ']',
    ]);
  });

  test('send nothing of a file with a fault', async () => {
    const file = join(directory, 'prefixes');
    writeFileSync(file, '2001:db8::/64\n\n2001:db8::1/64\n');
    const { code, err } = await ask('advertise', '-f', file);
    expect(code).toBe(exitCode.failed);
    expect(err).toBe(
      `herald: ${file}:3: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64; nothing was sent\n`,
    );
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toEqual([]);
  });

  test('tell what the daemon refuses', async () => {
    const { code, err } = await ask('advertise', '2001:db8::/64', '--community', '70000:1');
    expect(code).toBe(exitCode.failed);
    expect(err).toMatch(/^herald: attributes\.communities\[0\]: "70000:1" is no community: .*\n$/);
  });

  test('fail for what is not there', async () => {
    expect(await ask('withdraw', '2001:db8:a::/64')).toEqual({
      code: exitCode.failed,
      out: 'Path              Withdrawn\n2001:db8:a::/64   not there\n',
      err: 'herald: not originated through the API: 2001:db8:a::/64; see herald routes available\n',
    });
  });

  test.each([
    [['advertise'], 'name a prefix'],
    [['withdraw'], 'name a prefix'],
    [['advertise', 'x'], 'is not a prefix'],
    [['withdraw', '--uuid', '12'], '--uuid 12: is not a uuid'],
    [['advertise', '::/0', '--med', '-1'], 'It must be a whole number'],
    [['advertise', '::/0', '--origin', 'x'], 'Allowed choices are igp, egp, incomplete'],
  ])('%j is a mistake', async (args, message) => {
    const { code, err } = await ask(...args);
    expect(code).toBe(exitCode.usage);
    expect(err).toMatch(/^herald: .*\n$/);
    expect(err).toContain(message);
  });
});

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
    const [heads, first, second] = await lines('policies');
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

describe('every command', () => {
  test('says when no daemon answers, and what to do', async () => {
    expect(await herald('--server', `unix:${directory}/none.sock`, 'peers')).toEqual({
      code: exitCode.unreachable,
      out: '',
      err: `herald: no daemon answers at unix:${directory}/none.sock (there is no such socket); start one with herald run, or name its address with --server\n`,
    });
  });

  describe('of a daemon that runs no instance', () => {
    const hint = 'the daemon runs no instance; give it one with herald run -c FILE or herald apply -f FILE\n';
    beforeEach(() => at.instances.clear());

    test.each([
      ['peers', 'no peers'],
      ['routes available', 'no available routes for ipv6/unicast'],
      ['routes received', 'no received routes for ipv6/unicast'],
      ['route-policies', 'no route policies'],
      ['peers -o json', '[]'],
    ])('%s shows nothing, and says why', async (command, out) => {
      expect(await ask(...command.split(' '))).toEqual({ code: exitCode.ok, out: `${out}\n`, err: hint });
    });

    test.each(['drain', 'undrain', 'monitor peers', 'describe peer r'])('%s fails', async (command) => {
      expect(await ask(...command.split(' '))).toEqual({ code: exitCode.failed, out: '', err: `herald: ${hint}` });
    });
  });

  test('says when an instance is not there', async () => {
    expect(await ask('peers', '--instance', 'x')).toEqual({
      code: exitCode.failed,
      out: '',
      err: 'herald: no instance x; there is node, router\n',
    });
  });

  test.each<[string[], string]>([
    [['pers'], "herald: unknown command 'pers' (Did you mean peers?)\n"],
    [['peers', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml.'],
    [['peers', '--sever', 'x'], "herald: unknown option '--sever' (Did you mean --server?)\n"],
    [['--server', 'x', 'peers'], 'herald: --server x: must be host:port, [v6]:port or unix:/path\n'],
    [['completion', 'csh'], 'herald: unknown shell csh: expected bash, zsh, fish\n'],
  ])('%j is a mistake', async (args, message) => {
    const { code, out, err } = await herald(...args);
    expect({ code, out }).toEqual({ code: exitCode.usage, out: '' });
    expect(err).toContain(message);
  });

  test('has help', async () => {
    const { code, out } = await herald('--help');
    expect(code).toBe(exitCode.ok);
    expect(out).toContain('Exit codes:');
    expect((await herald('advertise', '--help')).out).toContain('--next-hop <address>');
  });
});

describe('monitor', () => {
  const options = (output: 'table' | 'json' | 'yaml') => ({ server: at.target, instance: '', output });

  test('prints what is there, then what happens, until it is stopped', async () => {
    await announce();
    const stop = new AbortController();
    const happened = new Set<string>();
    const { out } = await captured(
      () => monitor(['routes'], options('table'), stop.signal),
      (text) => {
        // Each step once, when what is before it was printed.
        const step = (line: string, next: () => void) => {
          if (!text.includes(line) || happened.has(line)) return;
          happened.add(line);
          next();
        };
        step('present node route 2001:db8:a::/64', () => {
          const [path] = [...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })][0]?.paths ?? [];
          setImmediate(() => at.node.withdraw(path?.uuid ?? new Uint8Array()));
        });
        step('withdrawn node route 2001:db8:a::/64', () => stop.abort());
      },
    );
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^2026-01-01T\S+Z present node route 2001:db8:a::\/64 \[\{Origin: i\} .*\]$/),
      expect.stringMatching(/^2026-01-01T\S+Z withdrawn node route 2001:db8:a::\/64$/),
    ]);
  });

  test('prints one JSON object a line', async () => {
    const stop = new AbortController();
    const { out } = await captured(
      () => monitor(['peers'], options('json'), stop.signal),
      () => stop.abort(),
    );
    expect(JSON.parse(out)).toMatchObject({
      at: expect.any(String),
      event: 'present',
      peer: { instance: 'node', name: 'router', 'session-state': 'connect' },
    });
  });

  test('prints a sequence of YAML', async () => {
    const stop = new AbortController();
    const { out } = await captured(
      () => monitor(['peers'], options('yaml'), stop.signal),
      () => stop.abort(),
    );
    expect(parse(out)).toMatchObject([{ event: 'present', peer: { name: 'router' } }]);
  });

  test.each<[string[], string]>([
    [['x'], 'invalid argument: x, expected peers or routes'],
    [['peers', 'x'], 'invalid argument: x, expected nothing more'],
    [['routes', 'advertised'], 'advertised routes cannot be watched; ask for available or received'],
    [['routes', 'received'], 'name the peer whose routes to watch, as in monitor routes received peer 2001:db8::1'],
  ])('with %j is a mistake', async (args, message) => {
    expect(await ask('monitor', ...args)).toEqual({ code: exitCode.usage, out: '', err: `herald: ${message}\n` });
  });
});

describe('version', () => {
  test('is that of the command and that of the daemon', async () => {
    const [heads, own, daemon] = await lines('version');
    expect(heads).toMatch(/^Component +Version$/);
    expect(own).toMatch(/^herald +\d+\.\d+\.\d+$/);
    expect(daemon?.replace(/ +/g, ' ')).toBe(`daemon at ${at.target} 1.2.3`);
  });

  test('is known without a daemon', async () => {
    const { code, out } = await herald('--server', `unix:${directory}/none.sock`, 'version', '-o', 'json');
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(out)).toEqual([{ herald: expect.any(String), daemon: null }]);
  });
});

describe('decode', () => {
  const keepalive = `${'f'.repeat(32)}001304`;
  const open = `${'f'.repeat(32)}001d0104fde9005a0a00000100`;

  test('reads hexadecimal digits, with blanks and colons', async () => {
    expect(await herald('decode', '--hex', `${keepalive.replace(/../g, '$&:')} ${open}`)).toEqual({
      code: exitCode.ok,
      out: 'KEEPALIVE\nOPEN version 4, AS 65001, hold time 90 s, id 10.0.0.1\n',
      err: '',
    });
  });

  test('reads a file of octets, or of digits, and writes JSON', async () => {
    const file = join(directory, 'messages');
    for (const content of [Buffer.from(keepalive, 'hex'), `${keepalive}\n`]) {
      writeFileSync(file, content);
      const { out } = await herald('decode', file, '-o', 'json');
      expect(JSON.parse(out)).toEqual([{ type: 'keepalive' }]);
    }
  });

  test('reads a capture', async () => {
    const payload = Buffer.from(keepalive, 'hex');
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(179, 0);
    tcp.writeUInt16BE(40000, 2);
    tcp.writeUInt8(5 << 4, 12);
    const ip = Buffer.alloc(40);
    ip.writeUInt8(6 << 4, 0);
    ip.writeUInt16BE(tcp.length + payload.length, 4);
    ip.writeUInt8(6, 6);
    ip.set(Address.parse('2001:db8::ff').bytes, 8);
    ip.set(Address.parse('2001:db8::1').bytes, 24);
    const packet = Buffer.concat([ip, tcp, payload]);
    const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
    const header = Buffer.concat([
      words(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101),
      words(0, 0, packet.length, packet.length),
    ]);
    const file = join(directory, 'bgp.pcap');
    writeFileSync(file, Buffer.concat([header, packet]));
    expect(await herald('decode', file)).toEqual({
      code: exitCode.ok,
      out: '1970-01-01T00:00:00.000Z [2001:db8::ff]:179 > [2001:db8::1]:40000 (OPEN not captured) KEEPALIVE\n',
      err: '',
    });
    expect((await herald('decode', file, '--port', '1790')).out).toBe('');
    writeFileSync(file, header.subarray(0, 10));
    expect((await herald('decode', file)).err).toMatch(/^herald: not a capture: .*\n$/);
  });

  test('shows what comes before a fault, and fails', async () => {
    const { code, out, err } = await herald('decode', '--hex', `${keepalive}${keepalive.replace('0013', '0012')}`);
    expect(code).toBe(exitCode.failed);
    expect(out.split('\n').slice(0, 2)).toEqual(['KEEPALIVE', expect.stringMatching(/^malformed \(1\/2\): /)]);
    expect(err).toMatch(/^herald: not a BGP message: .*\n$/);
  });

  test.each<[string[], number, string]>([
    [[], exitCode.usage, 'name a file, - for standard input, or bytes with --hex'],
    [['--hex', 'f'], exitCode.usage, '--hex: is not a whole number of octets in hexadecimal digits'],
    [['/no/such/file'], exitCode.failed, 'cannot read /no/such/file'],
  ])('%j is a mistake', async (args, code, message) => {
    const ran = await herald('decode', ...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
  });
});
