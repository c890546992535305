import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { asset, cacheDirectory } from './paths.ts';
import { run, successful } from './process.ts';

/** What a node's root is made of: the host itself, or a Debian release with that release's routing daemons. */
export type Rootfs = 'host' | 'sid' | 'bookworm';

const tools = ['curl', 'iproute2', 'iputils-ping', 'mount', 'procps', 'python3', 'tcpdump'];
const daemons = ['exabgp', 'frr', 'frr-pythontools', 'gobgpd', 'openbgpd'];
const packages = {
  sid: [...tools, ...daemons, 'bird3'],
  bookworm: [...tools, ...daemons, 'bird2'],
};

/** The directory of a root file system; builds it if this machine has none with these packages yet. */
export async function ensureRootfs(rootfs: Rootfs): Promise<string> {
  if (rootfs === 'host') return '/';
  const list = packages[rootfs].toSorted().join(',');
  const key = createHash('sha256').update(list).digest('hex').slice(0, 8);
  const directory = join(cacheDirectory(), 'rootfs', `${rootfs}-${key}`);
  successful(await run([asset('rootfs.sh'), rootfs, directory, list], { showStderr: true }));
  return directory;
}
