import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { exitCode } from '../../src/cli/exit.ts';
import { mostAtOnce } from '../../src/cli/output.ts';
import { type Found, printRoutes } from '../../src/cli/routes.ts';
import { Path } from '../../src/gen/herald/v1/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { captured, herald } from './herald.ts';
import { announce, lines } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function announceMany(count: number): void {
  const bytes = new Uint8Array(9 * count);
  // Backwards, so that an order shows.
  for (let i = 0; i < count; i++)
    bytes.set([64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, (count - i) >> 8, (count - i) & 255], 9 * i);
  const nlri = { family: ipv6Unicast, addPath: false, bytes };
  at.node.advertiseBulk({ family: ipv6Unicast, nlri, attributes: { origin: 'igp', asPath: [] } });
}

describe('a table', () => {
  const ask = async (...args: string[]) => (await herald('--server', at.target, 'routes', ...args)).out;
  const prefixesOf = (out: string) => [...out.matchAll(/2001:db8:0:[0-9a-f]+::\/64/g)].map(([prefix]) => prefix);

  test('that can be held comes by prefix', async () => {
    announceMany(300);
    const prefixes = prefixesOf(await ask());
    expect([prefixes.length, prefixes[0], prefixes.at(-1)]).toEqual([300, '2001:db8:0:1::/64', '2001:db8:0:12c::/64']);
  });

  test('that is too large for that comes as it is, whole, in every form', async () => {
    const count = mostAtOnce + 2000;
    announceMany(count);
    const [heads = '', ...rows] = (await ask()).trimEnd().split('\n');
    expect(heads).toMatch(/^Instance {3}Prefix +Path ID {3}NextHop/);
    expect(prefixesOf(rows.join('\n'))).toHaveLength(count);
    const starts = new Set(rows.map((row) => row.search(/:: +true/)));
    expect(starts).toEqual(new Set([heads.indexOf('NextHop')]));
    const json = JSON.parse(await ask('-o', 'json')) as { readonly prefix: string }[];
    expect(new Set(json.map(({ prefix }) => prefix)).size).toBe(count);
    expect(json[0]?.prefix).toBe('2001:db8:0:2ee0::/64');
  });

  test('is the same in YAML and JSON', async () => {
    expect(await ask('-o', 'yaml')).toBe('[]\n');
    announceMany(3);
    expect(parse(await ask('-o', 'yaml'))).toEqual(JSON.parse(await ask('-o', 'json')));
  });
});

describe('routes', () => {
  test('of all peers come by the peer’s address, not as peers were added', async () => {
    for (const host of [10, 9]) at.node.addNeighbor(neighbor(host));
    const asked = vi.spyOn(at.node, 'routeRows');
    await herald('--server', at.target, 'routes', 'advertised');
    const neighbors = asked.mock.calls.map(([request]) => String(request.neighbor));
    expect(neighbors).toEqual(['2001:db8::9', '2001:db8::10', '2001:db8::ff']);
  });

  test('without a next hop that is an address have Cilium’s stand-in for one', async () => {
    const path = Path.fromPartial({ ageNanoseconds: 1_500_000_000n, best: true });
    const found: Found = {
      source: { instance: 'node', asn: 65001, neighbor: undefined },
      route: { prefix: '2001:db8::/32', paths: [path] },
    };
    const query = {
      table: 'available',
      family: { afi: 'ipv6', safi: 'unicast' },
      asn: undefined,
      peer: undefined,
    } as const;
    const { out } = await captured(() => printRoutes(query, once([found]), { output: 'table' }));
    expect(out.split('\n')[1]).toMatch(/^node {7}2001:db8::\/32 {3}0\.0\.0\.0 {3}true {3}2s /);
  });
});

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

describe('vrouter', () => {
  const ask = (...args: string[]) => herald('--server', at.target, ...args);

  test.each([['routes available ipv6 unicast'], ['routes advertised ipv6 unicast'], ['route-policies']])(
    'asks %s of the instances with an AS number',
    async (command) => {
      const all = await ask(...command.split(' '));
      expect(all.code).toBe(exitCode.ok);
      expect(await ask(...command.split(' '), 'vrouter', '65001')).toEqual(all);
      expect(await ask(...command.split(' '), 'vrouter', '65009')).toEqual({
        code: exitCode.failed,
        out: '',
        err: 'herald: no instance has AS 65009; herald peers -o wide shows them\n',
      });
    },
  );

  test('comes before a peer', async () => {
    const words = ['routes', 'advertised', 'ipv6', 'unicast', 'vrouter', '65001', 'peer', '2001:db8::ff'];
    expect(await ask(...words)).toMatchObject({ code: exitCode.ok });
  });

  test.each<[string[], string]>([
    [['routes', 'available', 'ipv6', 'unicast', 'vrouter'], 'missing vrouter ASN value'],
    [['route-policies', 'vrouter', 'x'], 'invalid vrouter ASN: x, expected 1 to 4294967295'],
    [['route-policies', 'vrouter', '4294967296'], 'invalid vrouter ASN: 4294967296, expected 1 to 4294967295'],
    [['route-policies', 'x'], 'invalid argument: x, expected vrouter ASN'],
  ])('%j is a mistake', async (args, message) => {
    expect(await ask(...args)).toEqual({ code: exitCode.usage, out: '', err: `herald: ${message}\n` });
  });
});

describe('the routes of a table', () => {
  const ask = (...args: string[]) => herald('--server', at.target, ...args);

  test('are those of the Loc-RIB, by prefix', async () => {
    await announce(at);
    await ask('advertise', '2001:db8:9::/64', '--next-hop', '2001:db8::9,fe80::9');
    expect(await lines(at, 'routes')).toEqual([
      'Instance   Prefix            NextHop               Best   Age   Attrs',
      'node       2001:db8:9::/64   2001:db8::9,fe80::9   true   0s    [{Origin: i} {AsPath: } {Nexthop: 2001:db8::9,fe80::9}]',
      'node       2001:db8:a::/64   ::                    true   3s    [{Origin: i} {AsPath: } {Nexthop: ::} {Med: 7} {Communities: 65001:100} {LargeCommunity: [ 65001:1:2]}]',
    ]);
  });

  test('are those that a peer sent, or is sent', async () => {
    await announce(at);
    const attributes =
      '[{Origin: i} {AsPath: 65001} {Nexthop: 2001:db8::1} {Med: 7} {Communities: 65001:100} {LargeCommunity: [ 65001:1:2]}]';
    expect(await lines(at, 'routes', 'received', '--instance', 'router')).toEqual([
      'Instance   Peer          Prefix            NextHop       Age   Attrs',
      `router     2001:db8::1   2001:db8:a::/64   2001:db8::1   3s    ${attributes}`,
    ]);
    const [heads, row] = await lines(at, 'routes', 'advertised', 'ipv6', 'unicast', 'peer', '2001:db8::ff');
    expect(heads).toBe('Instance   Peer           Prefix            NextHop       Age   Attrs');
    expect(row).toContain(`2001:db8:a::/64   2001:db8::1`);
  });

  test('have Cilium’s names in JSON, and its base64', async () => {
    await announce(at);
    const [route, ...others] = JSON.parse((await ask('routes', '-o', 'json')).out) as [Record<string, unknown>];
    expect(others).toEqual([]);
    expect(route).toMatchObject({
      instance: 'node',
      'router-asn': 65001,
      prefix: '2001:db8:a::/64',
      paths: [
        {
          nlri: { base64: 'QCABDbgACgAA' },
          family: { afi: 'ipv6', safi: 'unicast' },
          best: true,
          'age-nanoseconds': expect.any(Number),
          'next-hops': ['::'],
          med: 7,
          communities: ['65001:100'],
        },
      ],
    });
  });

  test('are none of a family without any', async () => {
    expect(await lines(at, 'routes', 'ipv4/unicast')).toEqual(['no available routes for ipv4/unicast']);
    expect(await lines(at, 'routes', 'ipv4/unicast', '-o', 'json')).toEqual(['[]']);
  });

  test.each<[string[], string]>([
    [['foo'], 'invalid argument: foo, expected available, advertised or received'],
    [['available', 'foo'], 'invalid argument: foo, expected a family, vrouter ASN or peer ADDRESS'],
    [['received', 'ipv6'], 'missing SAFI value after ipv6 (e.g. unicast)'],
    [['received', 'ipv6', 'foo'], 'unknown SAFI foo'],
    [['received', 'peer'], 'missing peer IP address'],
    [['available', 'peer', '::1'], 'available routes belong to no peer; ask for advertised or received'],
  ])('with %j are a mistake', async (args, message) => {
    expect(await ask('routes', ...args)).toEqual({ code: exitCode.usage, out: '', err: `herald: ${message}\n` });
  });
});
