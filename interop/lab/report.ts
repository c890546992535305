import type { Result } from './process.ts';
import type { NodeSpec } from './topology.ts';

// What the command prints: containerlab's words and JSON, so that whatever reads the one reads the other.

export interface NodeStatus {
  readonly lab: string;
  readonly path: string;
  readonly spec: Pick<NodeSpec, 'name' | 'container' | 'image' | 'kind'>;
  readonly pid: number;
  readonly running: boolean;
}

/** One key per lab, one entry per node. */
export function inspectJson(nodes: readonly NodeStatus[]): Record<string, unknown[]> {
  const labs: Record<string, unknown[]> = {};
  for (const node of nodes) {
    (labs[node.lab] ??= []).push({
      lab_name: node.lab,
      labPath: node.path,
      absLabPath: node.path,
      name: node.spec.container,
      container_id: String(node.pid),
      image: node.spec.image,
      kind: node.spec.kind,
      state: node.running ? 'running' : 'exited',
      ipv4_address: 'N/A',
      ipv6_address: 'N/A',
    });
  }
  return labs;
}

export function inspectTable(nodes: readonly NodeStatus[]): string {
  return table([
    ['LAB', 'NAME', 'PID', 'KIND', 'IMAGE', 'STATE'],
    ...nodes.map((node) => [
      node.lab,
      node.spec.container,
      String(node.pid),
      node.spec.kind,
      node.spec.image,
      node.running ? 'running' : 'exited',
    ]),
  ]);
}

/** Results by container. What a command printed is inlined when it is JSON. */
export function execJson(results: readonly (readonly [container: string, Result])[]): Record<string, unknown[]> {
  const containers: Record<string, unknown[]> = {};
  for (const [container, { argv, code, stdout, stderr }] of results) {
    (containers[container] ??= []).push({ cmd: argv, 'return-code': code, stdout: jsonOrText(stdout), stderr });
  }
  return containers;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
