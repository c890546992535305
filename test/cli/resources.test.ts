import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { lineDiff } from '../../src/cli/line-diff.ts';
import { type Rig, rig } from '../api/rig.ts';
import { herald } from './herald.ts';

let at: Rig;
let directory: string;
beforeEach(async () => {
  at = await rig();
  directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
});
afterEach(async () => {
  await at.close();
  rmSync(directory, { recursive: true });
});

const ask = (...args: string[]) => herald('--server', at.target, ...args);
const lines = (text: string) => text.trimEnd().split('\n');

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const tor = (multihop = 1, label = 'x') => `apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: { name: tor, labels: { app: ${label} } }
spec: { ebgpMultihop: ${multihop} }
`;
const cluster = `apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: { name: rack }
spec:
  bgpInstances:
    - name: rack
      localASN: 65010
      peers: [{ name: tor, peerAddress: "2001:db8::99", peerASN: 65000, peerConfigRef: { name: tor } }]
`;
const web = `apiVersion: v1
kind: Service
metadata: { name: web, labels: { app: x } }
spec: { type: LoadBalancer, clusterIP: 10.0.0.1 }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }
`;

describe('apply', () => {
  test('takes files and directories, and says what became of each resource', async () => {
    mkdirSync(join(directory, 'more', '..data'), { recursive: true });
    file('more/a.yaml', `${tor()}---\n${cluster}`);
    file('more/notes.txt', 'not a manifest');
    file('more/..data/a.yaml', 'hidden: true');
    const path = file('web.json', JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }));
    expect(await ask('apply', '-f', join(directory, 'more'), '-f', path)).toEqual({
      code: exitCode.ok,
      out: [
        'Resource                      Result',
        'CiliumBGPPeerConfig tor       created',
        'CiliumBGPClusterConfig rack   created',
        'Service default/web           created',
        '',
      ].join('\n'),
      err: '',
    });
    const again = await ask('apply', '-f', file('tor.yaml', tor(3)), '-o', 'json');
    expect(JSON.parse(again.out)).toEqual([{ kind: 'CiliumBGPPeerConfig', name: 'tor', result: 'configured' }]);
  });

  test('names file, line and column of every fault, and applies nothing', async () => {
    const path = file(
      'bad.yaml',
      `${tor()}---\n${cluster.replace('65010', 'x')}---\n${web.replace('192.0.2.1', 'no')}`,
    );
    const { code, out, err } = await ask('apply', '-f', path);
    expect({ code, out }).toEqual({ code: exitCode.config, out: '' });
    expect(lines(err)).toEqual([
      `herald: ${path}:12:17 spec.bgpInstances[0].localASN: must be a number`,
      expect.stringMatching(/bad\.yaml:19:43 status\.loadBalancer\.ingress\[0\]\.ip: /),
    ]);
    expect((await ask('get', 'all')).out).toBe('no resources\n');
  });

  test('changes nothing in a dry run', async () => {
    expect((await ask('apply', '--dry-run', '-f', file('tor.yaml', tor()))).out).toContain(
      'CiliumBGPPeerConfig tor   created (dry run)',
    );
    expect((await ask('get', 'all')).out).toBe('no resources\n');
  });

  test('prunes with a selector, and only with one', async () => {
    await ask('apply', '-f', file('all.yaml', `${tor()}---\n${web}`));
    expect((await ask('apply', '--prune', '-f', file('tor.yaml', tor()))).code).toBe(exitCode.usage);
    expect((await ask('apply', '-l', 'app=x', '-f', file('tor.yaml', tor()))).code).toBe(exitCode.usage);
    expect(lines((await ask('apply', '--prune', '-l', 'app=x', '-f', file('tor.yaml', tor()))).out)).toEqual([
      'Resource                  Result',
      'CiliumBGPPeerConfig tor   unchanged',
      'Service default/web       deleted',
    ]);
  });

  test.each([
    [['apply'], exitCode.usage, 'name a file of manifests'],
    [['apply', '-f', '/no/such/file'], exitCode.usage, '/no/such/file: there is no such file or directory'],
    [['diff'], exitCode.usage, 'name a file of manifests'],
    [['delete', 'svc'], exitCode.usage, 'name a kind and a resource'],
    [['delete', 'svc', 'web'], exitCode.failed, 'there is no Service default/web'],
    [['get', 'pods'], exitCode.failed, 'pods is not a known kind'],
  ])('%j is refused with exit code %i: %s', async (args, code, text) => {
    const ran = await ask(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(text);
  });
});

describe('get', () => {
  beforeEach(() => ask('apply', '-f', file('all.yaml', `${tor()}---\n${cluster}---\n${web}`)));

  test('has the columns of each kind', async () => {
    expect(lines((await ask('get', 'svc')).out)).toEqual([
      'Namespace   Name   Type           Cluster-IP   External-IP   Age',
      expect.stringMatching(/^default {5}web {4}LoadBalancer {3}10\.0\.0\.1 {5}192\.0\.2\.1 {5}\S+$/),
    ]);
    expect(lines((await ask('get', 'cbgppeer', '-o', 'wide')).out)).toEqual([
      expect.stringMatching(/^Name {3}Age {2,}Generation {3}Conditions {3}Labels$/),
      expect.stringMatching(/^tor .* 1 {12}- {12}app=x$/),
    ]);
    expect((await ask('get', 'all', '-l', 'app=x')).out).toMatch(
      /Kind .*\nCiliumBGPPeerConfig .*tor.*\nService .*web.*\n$/,
    );
  });

  test('prints what apply takes again', async () => {
    const list = await ask('get', 'all', '-o', 'yaml', '-l', 'app=x');
    expect(lines((await ask('apply', '-f', file('again.yaml', list.out))).out)).toEqual([
      'Resource                  Result',
      'CiliumBGPPeerConfig tor   unchanged',
      'Service default/web       unchanged',
    ]);
    expect(JSON.parse((await ask('get', 'cbgppeer', 'tor', '-o', 'json')).out)).toMatchObject({
      kind: 'CiliumBGPPeerConfig',
      spec: { ebgpMultihop: 1 },
      status: { conditions: expect.any(Array) },
    });
  });
});

describe('delete', () => {
  test('deletes what is named, or what manifests name', async () => {
    const path = file('all.yaml', `${tor()}---\n${cluster}`);
    await ask('apply', '-f', path, '-f', file('web.yaml', web));
    expect((await ask('delete', 'svc', 'web')).out).toBe('Resource   Result\nsvc web    deleted\n');
    expect((await ask('delete', '-f', path)).code).toBe(exitCode.ok);
    expect((await ask('get', 'all')).out).toBe('no resources\n');
    expect(at.instances.has('rack')).toBe(false);
  });
});

describe('diff', () => {
  test('shows what would change in resources and instances, and tells by its exit code', async () => {
    const path = file('all.yaml', `${tor()}---\n${cluster}`);
    const first = await ask('diff', '-f', path);
    expect(first.code).toBe(exitCode.differs);
    expect(first.out).toContain('CiliumBGPPeerConfig tor: created\n  + apiVersion: cilium.io/v2\n');
    expect(lines(first.out).slice(-2)).toEqual([
      expect.stringMatching(/^instance rack: start instance AS 65010, router ID /),
      'instance rack: add peer tor (2001:db8::99)',
    ]);
    await ask('apply', '-f', path);
    expect(await ask('diff', '-f', path)).toEqual({ code: exitCode.ok, out: 'nothing would change\n', err: '' });
    expect(
      lines((await ask('diff', '-f', file('tor.yaml', tor(3)))).out).filter((line) => /^ {2}[-+]/.test(line)),
    ).toEqual(['  -   ebgpMultihop: 1', '  +   ebgpMultihop: 3']);
  });

  test('of lines shows only what is near a change', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    expect(lineDiff(before, ['a', 'b', 'c', 'd', 'e', 'x', 'g'])).toEqual([
      '    d',
      '    e',
      '  - f',
      '  + x',
      '    g',
    ]);
    expect(lineDiff(before, before)).toEqual([]);
    expect(lineDiff([], ['a'])).toEqual(['  + a']);
    expect(lineDiff(['a', ...before], ['b', ...before])).toEqual(['  - a', '  + b', '    a', '    b', '  ...']);
  });
});
