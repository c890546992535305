import type { LabNode } from './node.ts';
import { repository } from './paths.ts';
import type { Rootfs } from './rootfs.ts';
import { startBird, startExabgp, startFrr, startGobgp, startHerald, startOpenbgpd } from './start.ts';

/** What stands in for a container image. */
export interface Image {
  readonly name: RegExp;
  readonly rootfs: Rootfs;
  /** Directories of the host that appear in the node, read-only: source to target. */
  readonly readOnly?: Readonly<Record<string, string>>;
  /** What the image's own entry point does. Resolves when the node can be configured and asked. */
  readonly start?: (node: LabNode) => Promise<void>;
}

// Two generations of each daemon: Debian sid's and Debian 12's.
const images: readonly Image[] = [
  { name: /(^|\/)frr:10\./, rootfs: 'sid', start: startFrr },
  { name: /(^|\/)frr:8\./, rootfs: 'bookworm', start: startFrr },
  { name: /(^|\/)bird:3\./, rootfs: 'sid', start: startBird },
  { name: /(^|\/)bird:2\./, rootfs: 'bookworm', start: startBird },
  { name: /(^|\/)gobgp:4\./, rootfs: 'sid', start: startGobgp },
  { name: /(^|\/)gobgp:3\./, rootfs: 'bookworm', start: startGobgp },
  { name: /(^|\/)openbgpd:9\./, rootfs: 'sid', start: startOpenbgpd },
  { name: /(^|\/)openbgpd:7\./, rootfs: 'bookworm', start: startOpenbgpd },
  { name: /(^|\/)exabgp:5\./, rootfs: 'sid', start: startExabgp },
  { name: /(^|\/)exabgp:4\./, rootfs: 'bookworm', start: startExabgp },
  { name: /(^|\/)herald:/, rootfs: 'host', readOnly: { [repository]: '/herald' }, start: startHerald },
  { name: /(^|\/)network-multitool:bookworm$/, rootfs: 'bookworm' },
  { name: /(^|\/)network-multitool(:|$)/, rootfs: 'sid' },
];

/** Throws when nothing stands in for it. */
export function findImage(name: string): Image {
  const image = images.find((candidate) => candidate.name.test(name));
  if (image === undefined) throw new Error(`no root file system stands in for the image ${name}; see images.ts`);
  return image;
}
