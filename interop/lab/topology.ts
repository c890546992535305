import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

// The part of containerlab's topology file that this runner understands. What it accepts, containerlab accepts; what it
// does not know it refuses, so that a file never means less here than there.

const lines = z.array(z.string()).min(1);

const nodeConfig = z.strictObject({
  kind: z.literal('linux').optional(),
  group: z.string().optional(),
  image: z.string().optional(),
  'startup-config': z.string().optional(),
  exec: lines.optional(),
  binds: lines.optional(),
  env: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  entrypoint: z.string().optional(),
  cmd: z.string().optional(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
type NodeConfig = z.infer<typeof nodeConfig>;

const nodeName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/);
const endpoint = z.string().regex(/^[^\s:]+:[^\s:/]{1,15}$/, 'must be NODE:INTERFACE');

const file = z.strictObject({
  name: nodeName,
  prefix: z.string().optional(),
  topology: z.strictObject({
    defaults: nodeConfig.optional(),
    kinds: z.strictObject({ linux: nodeConfig.optional() }).optional(),
    groups: z.record(z.string(), nodeConfig).optional(),
    nodes: z.record(nodeName, nodeConfig.nullable()),
    links: z
      .array(z.strictObject({ endpoints: z.tuple([endpoint, endpoint]) }))
      .min(1)
      .optional(),
  }),
});

export interface Topology {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly nodes: readonly NodeSpec[];
  readonly links: readonly (readonly [Endpoint, Endpoint])[];
}

/** One node, after what it inherits from its group, its kind and the defaults. */
export interface NodeSpec {
  readonly name: string;
  /** containerlab's name for the container. */
  readonly container: string;
  readonly kind: 'linux';
  readonly image: string;
  readonly binds: readonly Bind[];
  /** Command lines, run in order without a shell. */
  readonly exec: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What runs instead of the image's own start, if anything does. */
  readonly command?: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Bind {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the node. */
  readonly target: string;
}

export interface Endpoint {
  readonly node: string;
  readonly interface: string;
}

/** Reads a `*.clab.yml` file. Throws with the path of the file and of the field that is wrong. */
export function readTopology(path: string, env: Readonly<Record<string, string | undefined>> = {}): Topology {
  return parseTopology(readFileSync(path, 'utf8'), resolve(path), env);
}

/** `path` gives relative binds their place. `env` holds the variables that the text may name. */
export function parseTopology(
  text: string,
  path: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Topology {
  const parsed = file.safeParse(parse(substitute(text, env)));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  const { name, prefix, topology } = parsed.data;

  const nodes = Object.entries(topology.nodes).map(([node, own]): NodeSpec => {
    const layers = [
      topology.defaults,
      topology.kinds?.linux,
      topology.groups?.[own?.group ?? topology.kinds?.linux?.group ?? topology.defaults?.group ?? ''],
      own,
    ];
    const config = layers.reduce<NodeConfig>((below, above) => merge(below, above ?? {}), {});
    if (config.image === undefined) throw new Error(`${path}: topology.nodes.${node}: no image`);
    const command = [config.entrypoint, config.cmd].filter((part) => part !== undefined).join(' ');
    return {
      name: node,
      container: [prefix ?? 'clab', name, node].filter((part) => part !== '').join('-'),
      kind: 'linux',
      image: config.image,
      binds: (config.binds ?? []).map((bind) => parseBind(bind, path)),
      exec: config.exec ?? [],
      env: texts(config.env),
      labels: texts(config.labels),
      ...(command !== '' && { command }),
    };
  });

  const links = (topology.links ?? []).map(({ endpoints: [a, b] }) => [parseEndpoint(a), parseEndpoint(b)] as const);
  const taken = new Set<string>();
  for (const end of links.flat()) {
    const key = `${end.node}:${end.interface}`;
    if (!nodes.some((node) => node.name === end.node)) throw new Error(`${path}: topology.links: no node ${end.node}`);
    if (taken.has(key)) throw new Error(`${path}: topology.links: ${key} is used twice`);
    taken.add(key);
  }
  return { name, path, nodes, links };
}

/** Lists concatenate, maps merge, anything else is replaced. */
function merge(below: NodeConfig, above: NodeConfig): NodeConfig {
  const merged: NodeConfig = { ...below, ...above };
  const exec = [...(below.exec ?? []), ...(above.exec ?? [])];
  const binds = [...(below.binds ?? []), ...(above.binds ?? [])];
  return {
    ...merged,
    exec,
    binds,
    env: { ...below.env, ...above.env },
    labels: { ...below.labels, ...above.labels },
  };
}

function parseBind(text: string, path: string): Bind {
  const [source = '', target = '', mode] = text.split(':');
  if (source === '' || !target.startsWith('/') || (mode !== undefined && mode !== 'ro' && mode !== 'rw')) {
    throw new Error(`${path}: bind "${text}" is not SOURCE:TARGET[:ro|:rw]`);
  }
  return { source: resolve(dirname(path), source), target };
}

function parseEndpoint(text: string): Endpoint {
  const [node = '', name = ''] = text.split(':');
  return { node, interface: name };
}

function texts(values: Readonly<Record<string, string | number>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

/** `${NAME}` and, for when NAME is not set or empty, `${NAME:=default}` or `${NAME:-default}`. */
function substitute(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$\{(\w+)(?::[=-]([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
    const value = env[name] || fallback;
    if (value === undefined) throw new Error(`the topology names ${name}, which is not set and has no default`);
    return value;
  });
}
