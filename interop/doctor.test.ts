import { beforeAll, describe, expect, test } from 'vitest';
import { call, connect, rpc } from '../src/api/client.ts';
import { Neighbor } from '../src/gen/herald/v1/types.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'skipped' | 'warning' | 'error';
  readonly problems: readonly { readonly text: string; readonly fix: string }[];
}

const { address, tor, vip } = { ...rack.worker1, vip: rack.vip };

const configuration = `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${rack.worker1.pods}", "${vip}/128"] }]
    peers:
      - name: tor
        peerAddress: "${tor}"
        peerASN: 65000
        transport: { bindToDevice: eth1 }
        bfd: { enabled: true }
`;

/** What breaks the node, the check that names it, how bad that is, and what its fix is like: it is run as it is printed. */
const breaks = [
  ['sysctl -w net.ipv6.conf.all.forwarding=0', 'forwarding', 'error', /forwarding=1$/],
  ['sysctl -w net.ipv6.conf.eth1.accept_ra=1', 'router advertisements', 'warning', /accept_ra=2$/],
  ['ip -6 addr flush dev eth1 scope link', 'link-local address', 'error', /^ip -6 addr add fe80::.* dev eth1$/],
  ['sysctl -w net.ipv6.conf.eth1.disable_ipv6=1', 'link-local address', 'error', /disable_ipv6=0$/],
  ['ip link set dev eth1 down', 'interfaces are up', 'error', /^ip link set dev eth1 up$/],
  [`ip addr del ${vip}/128 dev lo`, 'VIPs are local', 'warning', /^ip addr add .* dev lo$/],
  ['ip link set dev eth1 mtu 1400', 'MTU', 'error', /^ip link set dev pod0 mtu 1400$/],
  ['sysctl -w net.ipv6.conf.eth1.proxy_ndp=1', 'no NDP proxy', 'warning', /proxy_ndp=0$/],
] as const;

describe('herald doctor on a node', () => {
  const lab = useLab(import.meta.url, 'rack.clab.yml');
  const worker = () => lab().node('worker1');
  const shell = (command: string) => worker().exec(['sh', '-c', command]);

  async function examined(wrap: readonly string[] = []): Promise<{ code: number; ill: readonly Finding[] }> {
    const argv = [...wrap, 'herald', 'doctor', '-c', '/etc/herald', '-o', 'json'];
    const { code, stdout } = await worker().attempt(argv);
    const findings = JSON.parse(stdout) as Finding[];
    return { code, ill: findings.filter(({ result }) => result === 'warning' || result === 'error') };
  }

  /** What comes and goes with a link: addresses and routes. */
  async function addressed(): Promise<void> {
    await shell(`ip -6 addr replace ${address}/64 dev eth1 nodad && ip -6 route replace default via ${tor}`);
  }

  beforeAll(async () => {
    worker().write('/etc/herald/herald.yaml', configuration);
    await shell('sysctl -w net.ipv6.conf.all.forwarding=1 && sysctl -w net.ipv6.conf.eth1.accept_ra=2');
    await shell('ip link add pod0 type veth peer name pod1 && ip link set pod1 up && ip link set pod0 up');
    await shell('ip -6 addr add 2001:db8:a:1::1/64 dev pod0 nodad');
  });

  test('that is well has nothing', async () => {
    expect(await examined()).toEqual({ code: 0, ill: [] });
    expect((await worker().text(['herald', 'doctor', '-c', '/etc/herald'])).split('\n')).toContain('ok    forwarding');
  });

  test.each(breaks)(
    'after `%s` is told of it, and is well again once it did as told',
    async (command, check, result, fix) => {
      await shell(command);
      const { code, ill } = await examined();
      const found = ill.find((finding) => finding.check === check);
      expect(found).toMatchObject({ result, problems: [{ fix: expect.stringMatching(fix) }] });
      expect(code).toBe(result === 'error' ? 8 : 0);
      await shell(found?.problems[0]?.fix ?? 'false');
      await addressed();
      await until(
        () => examined(),
        ({ ill: left }) => left.length === 0,
        { what: 'nothing to be left' },
      );
    },
  );

  test('without a file looks at the peers of the daemon that runs', async () => {
    const run = async () => (await worker().attempt(['herald', 'doctor'])).stdout.split('\n');
    await shell('sysctl -w net.ipv6.conf.eth1.proxy_ndp=1');
    const lines = await run();
    expect(lines[0]).toMatch(/^ok {4}running daemon: peers that are not in the configuration: tor$/);
    expect(lines).toContain('      fix: sysctl -w net.ipv6.conf.eth1.proxy_ndp=0');
    await shell('sysctl -w net.ipv6.conf.eth1.proxy_ndp=0');
  });

  test('is told of a peer that was added over the API, until that is gone', async () => {
    // Behind the router, and in another AS.
    const address = rack.client;
    const client = connect({ kind: 'unix', path: worker().path('/run/herald/herald.sock') });
    const neighbor = Neighbor.fromPartial({ name: 'added', address, asn: 65100 });
    const wonders = async () => (await examined()).ill.flatMap(({ problems }) => problems.map(({ text }) => text));
    try {
      await call(client, rpc.addNeighbor, { instance: '', neighbor });
      const { stdout } = await worker().attempt(['herald', 'doctor', '-c', '/etc/herald']);
      expect(stdout).toMatch(/^ok {4}running daemon: peers that are not in the configuration: added\n/);
      expect(await wonders()).toEqual([expect.stringMatching(/^peer added is in another AS and in no network/)]);
      await call(client, rpc.removeNeighbor, { instance: '', peerAddress: address });
      expect(await wonders()).toEqual([]);
    } finally {
      client.close();
    }
  });

  test('whose peer is nowhere is told so', async () => {
    // Nor may the router's advertisements bring anything back.
    await shell('sysctl -w net.ipv6.conf.eth1.accept_ra=0 && ip -6 addr flush dev eth1 scope global');
    await shell('ip -6 route flush default; ip -6 route flush root 2001:db8:0:1::/64');
    const { code, ill } = await examined();
    expect(code).toBe(8);
    expect(ill.map(({ check }) => check)).toContain('route to the peer');
    await shell('sysctl -w net.ipv6.conf.eth1.accept_ra=2');
    await addressed();
  });

  test('where another has the port of BFD is told who it is', async () => {
    await worker().process('herald').stop('SIGINT');
    const script =
      'import socket,time; s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); s.bind(("::",3784)); time.sleep(600)';
    const other = worker().start('squatter', ['python3', '-c', script]);
    const { ill } = await until(
      () => examined(),
      ({ ill: found }) => found.some(({ check }) => check === 'BFD port'),
      { what: 'the port to be in use' },
    );
    expect(ill.find(({ check }) => check === 'BFD port')?.problems[0]?.text).toContain('python3');
    const { stdout } = await worker().attempt(['herald', 'doctor', '-c', '/etc/herald']);
    expect(stdout).toMatch(
      /^- {5}running daemon: only the peers of the configuration are looked at: no daemon answers/,
    );
    await other.stop('SIGKILL');
    expect((await examined()).ill).toEqual([]);
  });

  test('asked as a user without capabilities is told of the port', async () => {
    const { code, ill } = await examined([
      'setpriv',
      '--reuid=65534',
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
    ]);
    expect(code).toBe(8);
    expect(ill).toMatchObject([{ check: 'port 179', problems: [{ fix: expect.stringContaining('setcap') }] }]);
  });
});
