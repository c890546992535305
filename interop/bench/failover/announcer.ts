import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNode, NodeProcess } from '../../lab/node.ts';
import { repository } from '../../lab/paths.ts';
import type { Routes, Speaker } from '../speaker.ts';

/** A speaker on the node below the router, as its operator handles it. */
export interface Announcer {
  readonly speaker: Speaker;
  /** False if it has no BFD. */
  readonly hasBfd: boolean;
  /** Writes its configuration, with the first route; with BFD at an interval in milliseconds, three times of which must pass. */
  readonly configure: (node: LabNode, bfd?: number) => Promise<void>;
  /** Starts it; the first route is announced by its configuration, or else as soon as its API is there. */
  readonly start: (node: LabNode) => Promise<Running>;
}

export interface Running {
  readonly process: NodeProcess;
  /** Makes ready to announce the first `count` of the routes that it can withdraw again. */
  readonly routes: (node: LabNode, count: number) => Promise<Routes>;
  readonly close: () => void;
}

/** A configuration that is kept beside this file, with `bfd` where it says so. */
export function configuration(name: string, bfd: string): string {
  return readFileSync(join(repository, 'interop', 'bench', 'failover', name), 'utf8').replace('# BFD', bfd);
}
