import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { Address } from '../../src/ip/address.ts';
import { formatExtendedCommunity } from '../../src/wire/community.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig } from '../api/rig.ts';
import { herald } from './herald.ts';
import { lines } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const ask = (...args: string[]) => herald('--server', at.target, ...args);

describe('advertise and withdraw', () => {
  test('give a uuid, which withdraws', async () => {
    const [heads, row = ''] = await lines(at, 'advertise', '2001:db8:a::/64');
    expect(heads).toBe('Prefix            UUID');
    const uuid = row.split(/\s+/)[1] ?? '';
    expect(uuid).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(await lines(at, 'withdraw', '--uuid', uuid)).toEqual([
      'Path                                   Withdrawn',
      `${uuid}   yes`,
    ]);
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toEqual([]);
  });

  test('take all attributes', async () => {
    const { code } = await ask(
      'advertise',
      '2001:db8:a::/64',
      '--next-hop=2001:db8::9',
      '--community=no-export',
      '--community=65001:1',
      '--as-path-prepend=65001,65001',
      '--origin=incomplete',
      '--local-preference=0',
    );
    expect(code).toBe(exitCode.ok);
    const [route] = at.node.routes({ table: 'loc-rib', family: ipv6Unicast });
    expect(route?.paths[0]).toMatchObject({
      nextHop: { kind: 'single', address: Address.parse('2001:db8::9') },
      attributes: {
        origin: 'incomplete',
        asPath: [{ type: 'sequence', asns: [65001, 65001] }],
        localPref: 0,
        communities: [0xffffff01, 65001 * 65536 + 1],
      },
    });
  });

  test('are several to one prefix, told apart by an identifier', async () => {
    for (const [pathId, bandwidth] of [
      [1, '1e9'],
      [2, '2e9'],
    ] as const)
      await ask(
        'advertise',
        '2001:db8:a::/64',
        `--path-id=${pathId}`,
        `--extended-community=link-bandwidth:65001:${bandwidth}`,
      );
    const found = () =>
      [...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })].flatMap(({ paths }) =>
        paths.map(({ pathId, attributes }) => [pathId, attributes.extendedCommunities?.map(formatExtendedCommunity)]),
      );
    expect(new Map(found() as [number, string[]][])).toEqual(
      new Map([
        [1, ['link-bandwidth:65001:1000000000']],
        [2, ['link-bandwidth:65001:2000000000']],
      ]),
    );
    expect((await lines(at, 'routes', 'available'))[0]).toContain('Path ID');
    expect((await ask('withdraw', '2001:db8:a::/64', '--path-id=1')).code).toBe(exitCode.ok);
    expect(found()).toHaveLength(1);
    const { code, err } = await ask('advertise', '::/0', '--extended-community=link-bandwidth:1');
    expect([code, err]).toEqual([exitCode.usage, expect.stringContaining('is no extended community')]);
  });

  test('take a file of prefixes', async () => {
    const file = join(directory, 'prefixes');
    const prefixes = Array.from({ length: 5000 }, (_, i) => `2001:db8:0:${i.toString(16)}::/64`);
    writeFileSync(file, `# pods\n${prefixes.join('\n')}\n10.0.0.0/8 10.1.0.0/16 # two\n`);
    expect(await lines(at, 'advertise', '-f', file)).toEqual(['Advertised', '5002']);
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toHaveLength(5000);
    expect(await lines(at, 'withdraw', '-f', file, '-o', 'json')).toEqual([
      '[',
      '  {',
      '    "withdrawn": 5002',
      '  }',
      ']',
    ]);
  });

  test.each(['advertise', 'withdraw'])(
    '%s takes a file or prefixes, for what it prints is one list',
    async (command) => {
      const { code, out, err } = await ask(command, '2001:db8:a::/64', '-f', '/dev/null', '-o', 'json');
      expect({ code, out }).toEqual({ code: exitCode.usage, out: '' });
      expect(err).toMatch(/^herald: name .* or a file of .* with -f, not both\n$/);
    },
  );

  test('send nothing of a file with a fault', async () => {
    const file = join(directory, 'prefixes');
    writeFileSync(file, '2001:db8::/64\n\n2001:db8::1/64\n');
    const { code, err } = await ask('advertise', '-f', file);
    expect(code).toBe(exitCode.failed);
    expect(err).toBe(
      `herald: ${file}:3: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64; nothing was sent\n`,
    );
    expect([...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })]).toEqual([]);
  });

  test('tell what the daemon refuses', async () => {
    const { code, err } = await ask('advertise', '2001:db8::/64', '--community', '70000:1');
    expect(code).toBe(exitCode.failed);
    expect(err).toMatch(/^herald: attributes\.communities\[0\]: "70000:1" is no community: .*\n$/);
  });

  test('fail for what is not there', async () => {
    expect(await ask('withdraw', '2001:db8:a::/64')).toEqual({
      code: exitCode.failed,
      out: 'Path              Withdrawn\n2001:db8:a::/64   not there\n',
      err: 'herald: not originated through the API: 2001:db8:a::/64; see herald routes available\n',
    });
  });

  test.each([
    [['advertise'], 'name a prefix'],
    [['withdraw'], 'name a prefix'],
    [['advertise', 'x'], 'is not a prefix'],
    [['withdraw', '--uuid', '12'], '--uuid 12: is not a uuid'],
    [['advertise', '::/0', '--med', '-1'], 'It must be a whole number'],
    [['advertise', '::/0', '--origin', 'x'], 'Allowed choices are igp, egp, incomplete'],
  ])('%j is a mistake', async (args, message) => {
    const { code, err } = await ask(...args);
    expect(code).toBe(exitCode.usage);
    expect(err).toMatch(/^herald: .*\n$/);
    expect(err).toContain(message);
  });
});
