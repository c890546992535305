import { repository } from './paths.ts';
import { run, successful } from './process.ts';
import { ensureRootfs } from './rootfs.ts';

/** Before the first scenario: the daemon compiled, and both root file systems built, which takes a minute once. */
export default async function prepare(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the lab makes namespaces and links; run it as root');
  // Two runs at once must not both write what the daemons of the other run.
  if (process.env['HERALD_BUILT'] === undefined) successful(await run(['npm', 'run', '--prefix', repository, 'build']));
  await Promise.all([ensureRootfs('sid'), ensureRootfs('bookworm')]);
}
