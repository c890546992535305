import { chmodSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LabNode, NodeProcess } from './node.ts';
import { until } from './until.ts';

// How each image brings up its daemons: in the foreground, one supervised process each, so that exit codes and logs are
// seen. A start resolves when the daemon answers on its control socket.

/** Reads /etc/frr/daemons and /etc/frr/frr.conf, as FRR's own scripts do. */
export async function startFrr(node: LabNode): Promise<void> {
  const wanted = node.read('/etc/frr/daemons').matchAll(/^(\w+)=yes\b/gm);
  const daemons = new Set(['mgmtd', 'zebra', 'staticd', ...[...wanted].map(([, name = '']) => name)]);
  await node.exec(['sh', '-c', 'install -d -o frr -g frr /run/frr && chown -R frr:frr /etc/frr']);
  for (const daemon of daemons) {
    if (!node.exists(`/usr/lib/frr/${daemon}`)) continue;
    node.start(daemon, [`/usr/lib/frr/${daemon}`, '-A', '127.0.0.1', '--log', 'stdout']);
    await socket(node, `/run/frr/${daemon}.vty`);
  }
  await node.exec(['vtysh', '-b']);
}

export async function startBird(node: LabNode): Promise<void> {
  await node.exec(['install', '-d', '-o', 'bird', '-g', 'bird', '/run/bird']);
  birdProcess(node);
  await socket(node, '/run/bird/bird.ctl');
}

/** BIRD itself, which answers a little later. */
export function birdProcess(node: LabNode): NodeProcess {
  return node.start('bird', [
    'bird',
    '-f',
    '-c',
    '/etc/bird/bird.conf',
    '-s',
    '/run/bird/bird.ctl',
    '-u',
    'bird',
    '-g',
    'bird',
  ]);
}

export async function startGobgp(node: LabNode): Promise<void> {
  node.start('gobgpd', ['gobgpd', '-f', '/etc/gobgpd.toml', '--api-hosts', '127.0.0.1:50051', '--log-plain']);
  await answer(node, ['gobgp', 'global']);
}

export async function startOpenbgpd(node: LabNode): Promise<void> {
  await node.exec(['sh', '-c', 'install -d -m 755 /run/openbgpd && chmod 600 /etc/bgpd.conf']);
  node.start('bgpd', ['bgpd', '-d', '-f', '/etc/bgpd.conf']);
  await answer(node, ['bgpctl', 'show']);
}

export async function startExabgp(node: LabNode): Promise<void> {
  const pipes =
    'for p in in out; do mkfifo -m 660 /run/exabgp/exabgp.$p && chown exabgp:exabgp /run/exabgp/exabgp.$p; done';
  await node.exec(['sh', '-c', `install -d -o exabgp -g exabgp /run/exabgp && ${pipes}`]);
  // It must not listen: a route server above it is who answers.
  const settings = ['exabgp_daemon_user=root', 'exabgp_log_destination=stdout', 'exabgp_tcp_bind='];
  node.start('exabgp', ['env', ...settings, 'exabgp', '/etc/exabgp/exabgp.conf']);
  await answer(node, ['pgrep', '-f', 'exabgp.conf']);
}

const main = '/herald/dist/main.js';

/** `nodeOptions` are Node's own. The daemon starts if its configuration was bound at /etc/herald; the command is there in any case. */
export async function startHerald(node: LabNode, nodeOptions = ''): Promise<void> {
  if (!node.exists(main)) {
    throw new Error('Herald is not compiled; run `npm run build`');
  }
  const runtime = dirname(process.execPath);
  // What its own first line sets, and asks of Node.
  const [, settings, flags] = /^#!\S+ -S (.*)node(.*)/.exec(node.read(main)) ?? [];
  if (settings === undefined || flags === undefined) throw new Error(`${main} does not say how it is run`);
  node.write('/usr/local/bin/herald', `#!/bin/sh\nexec env ${settings}${runtime}/node${flags} ${main} "$@"\n`);
  chmodSync(node.path('/usr/local/bin/herald'), 0o755);
  if (!node.exists('/etc/herald')) return;
  node.start('herald', ['env', `NODE_OPTIONS=${nodeOptions}`, 'herald', 'run', '-c', '/etc/herald']);
  await socket(node, '/run/herald/herald.sock');
}

/** A file is there before anybody listens on it, and after a process that was killed. */
async function socket(node: LabNode, path: string): Promise<void> {
  const listening = new RegExp(`^\\S+ \\S+ \\S+ 00010000 .*${path}$`, 'm');
  await until(
    () => readFileSync(`/proc/${node.handle.pid}/net/unix`, 'utf8'),
    (sockets) => listening.test(sockets),
    { what: `a listener at ${path} of ${node.name}` },
  );
}

async function answer(node: LabNode, argv: readonly string[]): Promise<void> {
  await until(
    async () => (await node.attempt(argv)).code,
    (code) => code === 0,
    { what: `\`${argv.join(' ')}\` to succeed on ${node.name}` },
  );
}
