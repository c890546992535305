import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, pods } = rack.worker1;

function configuration(...prefixes: readonly string[]): string {
  return `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    peers: [{ name: tor, peerAddress: "2001:db8:0:1::1", peerASN: 65000, timers: { holdTimeSeconds: 9 } }]
    paths: [${prefixes.map((prefix) => `{ prefixes: ["${prefix}"] }`).join(', ')}]
`;
}

describe('the daemon below FRR 10.7.1', () => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: '10.7.1' });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const file = '/tmp/herald.yaml';

  /** Until the router has exactly these of ours. */
  const announced = (...prefixes: readonly string[]) =>
    until(
      () => tor().prefixesFrom(address),
      (found) => found.join() === prefixes.join(),
      { what: `${prefixes.join(' and ') || 'nothing'} at the router` },
    );

  const logged = (name: string, text: string) =>
    until(
      async () => lab().logs().split(`--- worker1: ${name}\n`)[1]?.split('\n--- ')[0] ?? '',
      (log) => log.includes(text),
      { what: `"${text}" in the log` },
    );

  /** A command that fails: its exit code and what it says. */
  async function failure(...argv: readonly string[]): Promise<{ code: number; stderr: string }> {
    const { code, stderr } = await worker().attempt(argv);
    expect(code).not.toBe(0);
    return { code, stderr };
  }

  test('SIGHUP applies what changed in its file, and the session stays', async () => {
    await new Herald(worker()).stop();
    worker().write(file, configuration(pods));
    worker().start('configured', ['herald', 'run', '-c', file]);
    await announced(pods);
    const { connectionsEstablished } = await tor().neighbor(address);
    await new Herald(worker()).configure(configuration('2001:db8:a:9::/64', '2001:db8:b:1::/64'), file, 'configured');
    await announced('2001:db8:a:9::/64', '2001:db8:b:1::/64');
    expect((await tor().neighbor(address)).connectionsEstablished).toBe(connectionsEstablished);
  });

  test('a file that is wrong is named with its places, and what runs goes on', async () => {
    const wrong = configuration('2001:db8:a:1::1/64').replace('holdTimeSeconds: 9', 'holdTimeSeconds: 2, holdTime: 9');
    worker().write(file, wrong);
    worker().process('configured').signal('SIGHUP');
    const log = await logged('configured', 'host bits set');
    expect(log).toContain('herald.yaml:6:');
    expect(log).toContain('herald.yaml:7:');
    expect(log).toContain('2001:db8:a::/64'.replace('a::', 'a:1::'));
    expect(await tor().prefixesFrom(address)).toEqual(['2001:db8:a:9::/64', '2001:db8:b:1::/64']);
    worker().write(file, configuration(pods));
    worker().process('configured').signal('SIGHUP');
    await announced(pods);
  });

  test('a second daemon on the same socket or port is refused, and the first does not notice', async () => {
    const twice = await failure('herald', 'run', '-c', file);
    expect(twice.stderr).toMatch(/\/run\/herald\/herald\.sock|:179/);
    expect(await tor().prefixesFrom(address)).toEqual([pods]);
    expect((await new Herald(worker()).peer(rack.worker1.tor))['session-state']).toBe('established');
  });

  test('without the capability, port 179 is refused in words that say what to do', async () => {
    await worker().process('configured').stop('SIGTERM');
    const own = `api: { listen: ["unix:/tmp/mine.sock"] }\n${configuration(pods)}`;
    worker().write('/tmp/own.yaml', own);
    const plain = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'];
    const { stderr } = await failure(...plain, 'herald', 'run', '-c', '/tmp/own.yaml');
    expect(stderr).toMatch(/179/);
    expect(stderr).toMatch(/CAP_NET_BIND_SERVICE/);
  });

  test('a socket path that cannot be is refused with the path', async () => {
    worker().write('/tmp/own.yaml', `api: { listen: ["unix:/proc/nowhere/mine.sock"] }\n${configuration(pods)}`);
    expect((await failure('herald', 'run', '-c', '/tmp/own.yaml')).stderr).toContain('/proc/nowhere/mine.sock');
  });

  test('commands without a daemon say how to start one', async () => {
    expect((await failure('herald', 'peers')).stderr).toMatch(/herald run/);
  });
});
