import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Lab } from './lab.ts';
import { LabNode } from './node.ts';
import { cacheDirectory } from './paths.ts';
import type { Topology } from './topology.ts';

// What one run of the command leaves for the next, which must find the lab that the first one deployed.

const stateFile = z.object({
  path: z.string(),
  nodes: z.record(z.string(), z.object({ image: z.string(), pid: z.int(), startTime: z.string(), logs: z.string() })),
});

/** Where a lab deployed from the command line has its logs and its state. */
export function labDirectory(name: string): string {
  return join(cacheDirectory(), 'labs', `clab-${name}`);
}

export function remember(lab: Lab): void {
  const nodes = Object.fromEntries(lab.nodes.map((node) => [node.name, { image: node.spec.image, ...node.handle }]));
  mkdirSync(lab.directory, { recursive: true });
  writeFileSync(join(lab.directory, 'state.json'), JSON.stringify({ path: lab.topology.path, nodes }, null, 2));
}

/** The lab that was deployed under this topology's name; undefined if none was, or it was destroyed. */
export function recall(topology: Topology): Lab | undefined {
  const directory = labDirectory(topology.name);
  const path = join(directory, 'state.json');
  if (!existsSync(path)) return undefined;
  const state = stateFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const nodes = topology.nodes.flatMap((spec) => {
    const node = state.nodes[spec.name];
    return node === undefined ? [] : [new LabNode({ ...spec, image: node.image }, node)];
  });
  return new Lab(topology, directory, nodes);
}

/** `cleanup` removes the logs too. */
export function forget(lab: Lab, cleanup: boolean): void {
  rmSync(cleanup ? lab.directory : join(lab.directory, 'state.json'), { recursive: true, force: true });
}
