import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNode, NodeProcess } from './node.ts';
import { until } from './until.ts';

// What is written down while something else happens.

let count = 0;

/** Pings an address from a node fifty times a second, until what is returned is called: that gives how many got no answer. */
export function ping(node: LabNode, address: string): () => Promise<number> {
  const [process, text] = written(node, ['ping', '-6', '-i', '0.02', address]);
  return async () => {
    // Those that are still on their way are not lost.
    const sent = answered(text()).at(-1) ?? 0;
    await until(
      () => answered(text()).at(-1) ?? 0,
      (last) => last > sent,
      { what: `an answer of ${address} to ${node.name}` },
    );
    await process.stop('SIGINT');
    const seen = new Set(answered(text()));
    return Math.max(...seen) - seen.size;
  };
}

/** The sequence numbers of pings that were answered, in that order; the first is 1. */
function answered(text: string): number[] {
  return [...text.matchAll(/icmp_seq=(\d+) ttl/g)].map(([, number]) => Number(number));
}

/** What happens to the IPv6 routes in a node's kernel, one line each, until what is returned is called. */
export function routeChanges(node: LabNode): () => Promise<string[]> {
  const [process, text] = written(node, ['ip', '-6', 'monitor', 'route']);
  return async () => {
    // What this comes after has been written too.
    const last = '2001:db8:ffff:ffff::/64';
    await node.exec(['ip', '-6', 'route', 'add', 'blackhole', last]);
    await until(text, (lines) => lines.includes(last), { what: `the last route of ${node.name}` });
    await process.stop('SIGTERM');
    await node.exec(['ip', '-6', 'route', 'del', 'blackhole', last]);
    return text()
      .split('\n')
      .filter((line) => !line.includes(last));
  };
}

function written(node: LabNode, argv: readonly string[]): readonly [NodeProcess, () => string] {
  const name = `witness-${++count}`;
  const file = join(node.handle.logs, `${name}.txt`);
  return [node.start(name, argv, { stdout: file }), () => readFileSync(file, 'utf8')];
}
