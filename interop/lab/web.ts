import type { LabNode } from './node.ts';
import { until } from './until.ts';

const server =
  'const os = require("os"); require("http").createServer((_, r) => r.end(os.hostname())).listen(80, "::")';

/** Starts a web server that answers every request with the node's name, and resolves when it does. The node must have Node.js. */
export async function serve(node: LabNode): Promise<void> {
  node.start('web', [process.execPath, '-e', server]);
  await until(
    () => fetchFrom(node, '::1'),
    ([answer]) => answer === node.name,
    { what: `the web server of ${node.name}` },
  );
}

/** Fetches an address `times` times, on a new connection each; gives the answers, `failed` where there was none. */
export async function fetchFrom(node: LabNode, address: string, times = 1, source?: string): Promise<string[]> {
  const host = address.includes(':') ? `\\[${address}\\]` : address;
  const from = source === undefined ? [] : ['--interface', source];
  // One process for all: each has its number in a query that nobody reads.
  const url = `http://${host}/?[1-${times}]`;
  const every = ['--max-time', '10', '--header', 'Connection: close', '--write-out', '\\n'];
  const { stdout } = await node.attempt(['curl', '-sf', ...every, ...from, url]);
  return stdout.split('\n', times).map((answer) => answer || 'failed');
}
