import { type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, rpc } from '../../src/api/client.ts';
import { Journal } from '../../src/api/journal.ts';
import { type DeepPartial, ListenRange } from '../../src/gen/herald/v1/types.ts';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { herald } from '../cli/herald.ts';
import { type Rig, rig } from './rig.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const instance = 'router';
const link = '2001:db8::/64';
const rangeOf = (range: DeepPartial<ListenRange> = {}) => ListenRange.fromPartial({ prefix: link, ...range });
const add = (range: DeepPartial<ListenRange> = {}) =>
  call(at.client, rpc.addListenRange, { instance, range: rangeOf(range) });
const update = (range: DeepPartial<ListenRange>) =>
  call(at.client, rpc.updateListenRange, { instance, range: rangeOf(range) });
const ranges = async () => (await call(at.client, rpc.getListenRanges, { instance })).ranges;
const failure = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: ServiceError) => error,
  );

/** The node is known to the router by its address: let it come by itself. */
function appear(): void {
  at.router.removeNeighbor(Address.parse('2001:db8::1'));
  const isUp = () => at.router.peers()[0]?.sessionState === 'established';
  if (!at.clock.until(isUp, 300_000)) throw new Error('it did not come');
}

describe('listen ranges', () => {
  test('are added, told with every default, changed and removed', async () => {
    await add({ peerAsns: [{ first: 65001 }, { first: 65010, last: 65020 }] });
    expect(await ranges()).toMatchObject([
      {
        range: {
          name: link,
          prefix: link,
          limit: 100,
          peerAsns: [
            { first: 65001, last: 65001 },
            { first: 65010, last: 65020 },
          ],
          template: {
            name: '',
            address: '',
            timers: { holdTime: 90 },
            transport: { passive: true, remotePort: undefined },
          },
        },
        peers: 0,
        refused: 0n,
        problem: '',
      },
    ]);
    const [told] = await ranges();
    await update(told?.range ?? {});
    await update({ name: 'rack', limit: 3, template: { timers: { holdTime: 9 } } });
    expect(await ranges()).toMatchObject([
      { range: { name: 'rack', limit: 3, template: { timers: { holdTime: 9 } } } },
    ]);
    await call(at.client, rpc.removeListenRange, { instance, prefix: link });
    expect(await ranges()).toEqual([]);
  });

  test('have peers that say so, which are kept nowhere', async () => {
    await add({ name: 'rack' });
    appear();
    const { peers } = await call(at.client, rpc.getPeerState, { instance });
    expect(peers.map(({ name, listenRange }) => [name, listenRange])).toEqual([['2001:db8::1', 'rack']]);
    expect([...at.vault.entries('neighbors')]).toEqual([]);
    expect(await failure(call(at.client, rpc.removeNeighbor, { instance, peerAddress: '2001:db8::1' }))).toMatchObject({
      code: status.NOT_FOUND,
      details: 'peer 2001:db8::1 is not configured: it appeared in listen range "rack" (2001:db8::/64)',
    });
  });

  test.each<[string, DeepPartial<ListenRange>, string]>([
    ['no prefix', { prefix: '' }, 'range.prefix: is required'],
    [
      'host bits',
      { prefix: '2001:db8::1/64' },
      'range.prefix: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64',
    ],
    ['a prefix of groups', { prefix: 'ff00::/8' }, 'range.prefix: must be one of addresses of hosts'],
    ['a limit that is none', { limit: 65536 }, 'range.limit: must be at most 65535'],
    ['AS numbers backwards', { peerAsns: [{ first: 2, last: 1 }] }, 'range.peer_asns[0].last: must not be below first'],
    ['AS 0', { peerAsns: [{}] }, 'range.peer_asns[0].first: must be at least 1'],
    ['a peer’s name', { template: { name: 'x' } }, 'range.template.name: is not for the peers of a listen range'],
    ['a peer’s AS', { template: { asn: 1 } }, 'range.template.asn: is not for the peers of a listen range'],
    [
      'a port to dial',
      { template: { transport: { remotePort: 179 } } },
      'range.template.transport.remote_port: is not for the peers of a listen range',
    ],
    [
      'a bad template',
      { template: { timers: { holdTime: 2 } } },
      'range.template.timers.hold_time: must be 0 (no hold timer) or at least 3',
    ],
  ])('are refused with %s', async (_, range, message) => {
    expect((await failure(add(range)))?.details).toContain(message);
    expect(await ranges()).toEqual([]);
  });

  test('are refused beside an equal one, by both names, and where nobody can come', async () => {
    await add({ name: 'a' });
    expect(await failure(add({ name: 'b' }))).toMatchObject({
      code: status.ALREADY_EXISTS,
      details: 'listen range "b": 2001:db8::/64 is already the prefix of listen range "a"',
    });
    expect(await failure(call(at.client, rpc.addListenRange, { instance: 'node', range: rangeOf() }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'listen range "2001:db8::/64": the instance does not listen',
    });
    expect(
      await failure(call(at.client, rpc.removeListenRange, { instance, prefix: '2001:db8:1::/64' })),
    ).toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  test('outlive the process', async () => {
    await add({ name: 'a', limit: 7 });
    await add({ name: 'b', prefix: '2001:db8:1::/64' });
    await call(at.client, rpc.removeListenRange, { instance, prefix: '2001:db8:1::/64' });
    at.router.removeListenRange(Prefix.parse(link));
    new Journal(at.vault, (message) => at.reports.push(message)).restoreNeighbors(instance, at.router);
    expect(at.router.listenRanges().map(({ range }) => [range.name, range.limit])).toEqual([['a', 7]]);
    expect(at.reports).toEqual([]);
  });
});

describe('herald', () => {
  const run = async (...args: string[]) => (await herald('--server', at.target, '--instance', instance, ...args)).out;

  test('lists them, and marks who came by itself', async () => {
    await add({ name: 'rack', peerAsns: [{ first: 65001, last: 65009 }] });
    appear();
    expect(await run('listen-ranges')).toMatch(/^router +rack +2001:db8::\/64 +1\/100 +65001-65009 +0 +-$/m);
    expect(JSON.parse(await run('listen-ranges', '-o', 'json'))).toMatchObject([
      {
        name: 'rack',
        prefix: link,
        limit: 100,
        'peer-asns': ['65001-65009'],
        peers: 1,
        refused: 0,
        template: { passive: true },
      },
    ]);
    expect(await run('peers')).toContain('2001:db8::1 (dynamic)');
    expect(await run('describe', 'peer', '2001:db8::1')).toMatch(/^ {2}Listen Range: +rack$/m);
    expect(JSON.parse(await run('peers', '-o', 'json'))).toMatchObject([{ 'listen-range': 'rack' }]);
  });

  test('says that there are none', async () => expect(await run('listen-ranges')).toBe('no listen ranges\n'));
});
