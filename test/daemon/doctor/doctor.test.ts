import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/daemon/config/load.ts';
import { examine } from '../../../src/daemon/doctor/doctor.ts';
import type { Finding, System } from '../../../src/daemon/doctor/types.ts';
import { Address } from '../../../src/ip/address.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import type { InterfaceAddress } from '../../../src/link/interfaces.ts';
import type { Neighbor } from '../../../src/speaker/types.ts';
import { neighbor } from '../../speaker/support.ts';

const config = parseConfig([
  {
    file: 'herald.yaml',
    text: `instances:
  - name: a
    localASN: 65001
    routerID: 10.0.0.1
    localPort: 179
    paths: [{ prefixes: ["2001:db8:a::/64", "2001:db8:1::80/128", 10.244.0.0/24] }]
    peers:
      - { name: tor, peerAddress: "2001:db8::1", peerASN: 65000, password: sesame, bfd: { enabled: true } }
      - { name: other, peerInterface: eth2, peerASN: 65000 }
`,
  },
]);

function at(device: string, address: string, length = 64): InterfaceAddress {
  const parsed = Address.parse(address);
  return { interface: device, address: parsed, network: Prefix.around(parsed, length) };
}

const addresses = [
  at('eth1', '2001:db8::a'),
  at('eth1', 'fe80::a'),
  at('eth2', 'fe80::b'),
  at('lo', '2001:db8:1::80', 128),
  at('cni0', '2001:db8:a::1'),
];

const sysctls: Readonly<Record<string, string>> = {
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv4.ip_forward': '1',
  'net.ipv6.conf.eth1.accept_ra': '2',
  'net.ipv6.conf.eth2.accept_ra': '2',
};

const up = (name: string) => ({ name, addresses: [], adminUp: true, operState: 'up' });

/** A machine on which all is well, but for what is changed. */
function system(changes: Partial<System> = {}, sysctl: Readonly<Record<string, string>> = {}): System {
  const values = { ...sysctls, ...sysctl };
  return {
    sysctl: (name) => values[name],
    machine: { interfaces: ['eth1', 'eth2', 'lo', 'cni0'].map(up), defaultRoutes: [] },
    addresses,
    mtu: () => 1500,
    has: () => true,
    native: () => ({ ok: true }),
    supports: () => ({ ok: true }),
    tcpAo: () => ({ ok: true }),
    routeTo: () => Promise.resolve({ ok: true }),
    udpPort: () => Promise.resolve({ ok: true }),
    now: () => new Date('2026-06-01'),
    installed: new Date('2026-01-01'),
    ...changes,
  };
}

const idle = { answers: true, neighbors: [] } as const;
const none = { answers: false, reason: 'no daemon answers' } as const;

const no = (reason: string) => ({ ok: false, reason }) as const;

async function problems(changes?: Partial<System>, sysctl?: Readonly<Record<string, string>>) {
  const findings = await examine(config, idle, system(changes, sysctl));
  return findings.flatMap(({ check, problems: found }) =>
    found.map(({ severity, fix }) => `${severity} ${check}: ${fix}`),
  );
}

describe('the doctor', () => {
  test('sees what a listen range needs', async () => {
    const text = `instances:
  - { name: a, localASN: 65001, routerID: 10.0.0.1, localPort: 1790, listenRanges: [{ name: rack, prefix: "2001:db8::/64", password: x }] }
`;
    const findings = await examine(
      parseConfig([{ file: 'herald.yaml', text }]),
      idle,
      system({ supports: () => no('no MD5 here') }),
    );
    const texts = findings.flatMap(({ problems: found }) => found.map((problem) => problem.text));
    expect(texts).toEqual(['peer rack: no MD5 here']);
  });

  test('says of TCP-AO what the kernel lacks, though nobody asks for it', async () => {
    const findings = await examine(config, idle, system({ tcpAo: () => no('kernel without CONFIG_TCP_AO') }));
    expect(findings.find(({ check }) => check === 'TCP-AO')?.note).toBe('kernel without CONFIG_TCP_AO');
  });

  test('finds nothing where all is well, and looks at everything', async () => {
    const findings = await examine(config, idle, system());
    const ofTcpAo = { check: 'TCP-AO', note: 'the kernel has it; Herald signs with TCP MD5 alone' };
    expect(findings.filter(({ result }) => result !== 'ok')).toEqual([{ ...ofTcpAo, result: 'skipped', problems: [] }]);
    expect(findings).toHaveLength(17);
  });

  const setcap = 'setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f "$(command -v node)")"';
  test.each<[string, Partial<System>, Readonly<Record<string, string>>, string[]]>([
    [
      'IPv6 is not forwarded',
      {},
      { 'net.ipv6.conf.all.forwarding': '0' },
      ['error forwarding: sysctl -w net.ipv6.conf.all.forwarding=1'],
    ],
    [
      'IPv4 is not forwarded',
      {},
      { 'net.ipv4.ip_forward': '0' },
      ['error forwarding: sysctl -w net.ipv4.ip_forward=1'],
    ],
    [
      'advertisements are not taken',
      {},
      { 'net.ipv6.conf.eth2.accept_ra': '1' },
      ['error router advertisements: sysctl -w net.ipv6.conf.eth2.accept_ra=2'],
    ],
    [
      'advertisements are not taken, and a default route is there all the same',
      {
        machine: {
          interfaces: ['eth1', 'eth2'].map(up),
          defaultRoutes: [{ family: 'ipv6', device: 'eth1', metric: 1, deviceUp: true }],
        },
      },
      { 'net.ipv6.conf.eth2.accept_ra': '1' },
      ['warning router advertisements: sysctl -w net.ipv6.conf.eth2.accept_ra=2'],
    ],
    [
      'a link has no link-local address',
      { addresses: addresses.filter(({ address }) => address.toString() !== 'fe80::a') },
      {},
      ['error link-local address: ip -6 addr add fe80::5760/64 dev eth1'],
    ],
    [
      'a link has no IPv6',
      { addresses: addresses.filter(({ address }) => address.toString() !== 'fe80::a') },
      { 'net.ipv6.conf.eth1.disable_ipv6': '1' },
      ['error link-local address: sysctl -w net.ipv6.conf.eth1.disable_ipv6=0'],
    ],
    [
      'a link is down',
      { machine: { interfaces: [{ ...up('eth1'), adminUp: false }, up('eth2')], defaultRoutes: [] } },
      {},
      ['error interfaces are up: ip link set dev eth1 up'],
    ],
    [
      'the VIP is nowhere',
      { addresses: addresses.filter(({ interface: name }) => name !== 'lo') },
      {},
      ['warning VIPs are local: ip addr add 2001:db8:1::80/128 dev lo'],
    ],
    [
      'pods may send what the link cannot carry',
      { mtu: (device) => (device === 'eth1' ? 1400 : 1500) },
      {},
      ['error MTU: ip link set dev cni0 mtu 1400'],
    ],
    [
      'NDP is proxied',
      {},
      { 'net.ipv6.conf.eth1.proxy_ndp': '1' },
      ['warning no NDP proxy: sysctl -w net.ipv6.conf.eth1.proxy_ndp=0'],
    ],
    [
      'port 179 is not ours',
      { has: (capability) => capability !== 'CAP_NET_BIND_SERVICE' },
      {},
      [`error port 179: ${setcap}`],
    ],
    [
      'raw sockets are not ours',
      { has: (capability) => capability !== 'CAP_NET_RAW' },
      {},
      [`error raw sockets: ${setcap}`],
    ],
    [
      'native code is not there',
      { native: () => no('Cannot find module') },
      {},
      ['error native code: npm install koffi'],
    ],
    [
      'the kernel has no TCP MD5',
      { supports: () => no('this kernel does not have it') },
      {},
      [
        'error socket options: zgrep TCP_MD5SIG /proc/config.gz # a kernel with CONFIG_TCP_MD5SIG, or no password for tor',
      ],
    ],
    [
      'another has the port of BFD',
      { udpPort: () => Promise.resolve(no('bfdd (17) has it')) },
      {},
      ['error BFD port: fuser -k 3784/udp'],
    ],
    [
      'there is no way to the peer',
      { routeTo: () => Promise.resolve(no('ENETUNREACH')) },
      {},
      ['error route to the peer: ip addr add ADDRESS/64 dev INTERFACE # one of our own in the network of 2001:db8::1'],
    ],
    ['the clock is behind', { now: () => new Date('1970-01-01') }, {}, ['warning clock: timedatectl set-ntp true']],
  ])('says so when %s, and what to do', async (_, changes, sysctl, expected) => {
    expect(await problems(changes, sysctl)).toEqual(expected);
  });

  test('looks at nothing that the configuration has no need of', async () => {
    const plain = parseConfig([
      { file: 'herald.yaml', text: 'instances: [{ name: a, localASN: 1, routerID: 10.0.0.1 }]' },
    ]);
    const findings = await examine(plain, none, system({ native: () => no('none'), has: () => false }));
    expect(findings.filter(({ result }) => result !== 'skipped').map(({ check }) => check)).toEqual(['clock']);
  });

  test('without a configuration looks at what every node needs', async () => {
    const findings = await examine({ instances: [] }, none, system({ native: () => no('none') }));
    expect(findings.filter(({ result }) => result !== 'skipped').map(({ check, result }) => [check, result])).toEqual([
      ['native code', 'warning'],
      ['forwarding', 'ok'],
      ['clock', 'ok'],
    ]);
  });

  test('says that no daemon answers, and what that means', async () => {
    const [first] = await examine(config, none, system());
    expect(first).toEqual({
      check: 'running daemon',
      result: 'skipped',
      problems: [],
      note: 'only the peers of the configuration are looked at: no daemon answers',
    });
  });

  test.each<[string, string, Finding['result']]>([
    ['an external peer in no network of ours', 'peerAddress: "2001:db8:9::1", peerASN: 65000', 'warning'],
    ['one with multihop', 'peerAddress: "2001:db8:9::1", peerASN: 65000, transport: { ebgpMultihop: 2 }', 'skipped'],
    ['an internal one', 'peerAddress: "2001:db8:9::1", peerASN: 65001', 'skipped'],
    ['one on the link', 'peerAddress: "2001:db8::1", peerASN: 65000', 'ok'],
    ['one on a link by its link-local address', 'peerAddress: "fe80::1%eth1", peerASN: 65000', 'ok'],
    ['one on this machine', 'peerAddress: "2001:db8:1::80", peerASN: 65000', 'ok'],
  ])('asks whether %s is one hop away', async (_, peer, result) => {
    const text = `instances: [{ name: a, localASN: 65001, routerID: 10.0.0.1, peers: [{ name: tor, ${peer} }] }]`;
    const findings = await examine(parseConfig([{ file: 'herald.yaml', text }]), idle, system());
    expect(findings.find(({ check }) => check === 'peers one hop away')).toMatchObject({ result });
  });

  test('looks at the peers of a running daemon too, each once, and as the configuration has it', async () => {
    const running = (changes: Partial<Neighbor>) => ({ ...neighbor(1), localAsn: 65001, ...changes });
    const neighbors = [
      running({ name: 'tor', address: Address.parse('2001:db8::1') }),
      running({ name: 'added', address: Address.parse('2001:db8:9::1') }),
      running({ name: '', address: Address.parse('fe80::%eth9') }),
    ];
    const findings = await examine(
      config,
      { answers: true, neighbors },
      system({ routeTo: (to) => Promise.resolve(`${to}` === '2001:db8::1' ? { ok: true } : no('unreachable')) }),
    );
    expect(findings[0]).toMatchObject({
      result: 'ok',
      note: 'peers that are not in the configuration: added, fe80::%eth9',
    });
    const texts = findings.flatMap(({ problems: found }) => found.map(({ text }) => text));
    expect(texts).toEqual(['there is no interface eth9', 'there is no route to peer 2001:db8:9::1: unreachable']);
  });
});
