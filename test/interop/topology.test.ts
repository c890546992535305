import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findImage } from '../../interop/lab/images.ts';
import { repository } from '../../interop/lab/paths.ts';
import { parseTopology, readTopology } from '../../interop/lab/topology.ts';

function nodes(topology: string, env: Record<string, string> = {}) {
  return parseTopology(`name: lab\ntopology:\n${topology.replaceAll(/^/gm, '  ')}`, '/labs/lab.clab.yml', env).nodes;
}

describe('a topology file', () => {
  test('a node inherits from defaults, its kind, its group and itself, the last one winning', () => {
    const [node] = nodes(`
defaults: { image: 'a:1', env: { A: defaults, B: defaults, C: defaults, D: 4 }, exec: [one] }
kinds: { linux: { image: 'b:1', env: { B: kind, C: kind }, exec: [two] } }
groups: { g: { env: { C: group }, exec: [three] } }
nodes: { n: { kind: linux, group: g, exec: [four] } }`);
    expect(node).toMatchObject({
      name: 'n',
      container: 'clab-lab-n',
      image: 'b:1',
      env: { A: 'defaults', B: 'kind', C: 'group', D: '4' },
      exec: ['one', 'two', 'three', 'four'],
    });
  });

  test('binds are relative to the file', () => {
    const [node] = nodes(`nodes: { n: { kind: linux, image: x, binds: ['a/b:/c', '/d:/e:ro'] } }`);
    expect(node?.binds).toEqual([
      { source: '/labs/a/b', target: '/c' },
      { source: '/d', target: '/e' },
    ]);
  });

  test.each([
    ['${V:=1}', {}, '1'],
    ['${V:-1}', { V: '' }, '1'],
    ['${V:=1}', { V: '2' }, '2'],
    ['x-${V}-y', { V: '2' }, 'x-2-y'],
  ])('%s with %o is %s', (text, env, image) => {
    expect(nodes(`nodes: { n: { image: '${text}' } }`, env)[0]?.image).toBe(image);
  });

  test('a variable without value and default is an error that names it', () => {
    expect(() => nodes("nodes: { n: { image: '${NOWHERE}' } }")).toThrow(/NOWHERE/);
  });

  test('entrypoint and cmd become the command', () => {
    expect(nodes("nodes: { n: { image: x, entrypoint: sh -c, cmd: 'true' } }")[0]?.command).toBe('sh -c true');
    expect(nodes('nodes: { n: { image: x } }')[0]).not.toHaveProperty('command');
  });

  test.each([
    ['no image', 'nodes: { n: {} }', /nodes\.n: no image/],
    ['an unknown field', 'nodes: { n: { image: x, sysctls: {} } }', /sysctls/],
    ['another kind', 'nodes: { n: { image: x, kind: srl } }', /kind/],
    ['a bind without target', 'nodes: { n: { image: x, binds: [a] } }', /bind "a"/],
    ['a link to nowhere', "nodes: { n: { image: x } }\nlinks: [{ endpoints: ['n:e', 'm:e'] }]", /no node m/],
    [
      'an interface used twice',
      "nodes: { n: { image: x } }\nlinks: [{ endpoints: ['n:e', 'n:e'] }]",
      /n:e is used twice/,
    ],
  ])('%s is refused', (_, topology, message) => {
    expect(() => nodes(topology)).toThrow(message);
  });

  const directory = join(repository, 'interop');
  const files = readdirSync(directory).filter((file) => file.endsWith('.clab.yml'));
  test.each(files)('%s is right, its files are there, and something stands in for each of its images', (file) => {
    const topology = readTopology(join(directory, file));
    expect(`${topology.name}.clab.yml`).toBe(file);
    for (const { image, binds } of topology.nodes) {
      expect(findImage(image).name.test(image)).toBe(true);
      expect(binds.filter(({ source }) => !existsSync(source))).toEqual([]);
    }
  });
});
