import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { routerOn } from '../../src/speaker/target.ts';
import { nodeAddress, type Rig, rig, routerAddress } from '../api/rig.ts';
import { advertise, neighbor, tableOf } from '../speaker/support.ts';
import { herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
  at.establish();
  advertise(at.node, ['2001:db8:a:1::/64']);
  at.clock.advance(100);
});
afterEach(() => at.close());

const run = (...args: string[]) => herald('--server', at.target, ...args);

/** Lets the event loop turn until it holds: what time there is for it is the test's. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const atRouter = () => tableOf(at.router, { table: 'adj-rib-in', neighbor: nodeAddress });

describe('drain', () => {
  test('says when the routes go, and peers and describe say it too', async () => {
    const { code, out } = await run('drain');
    expect(code).toBe(exitCode.ok);
    expect(out).toMatch(/Instance +Drain +Withdraws At\n+.*node +draining +\d{4}-/);
    expect((await run('peers')).out).toContain('established (draining)');
    expect((await run('describe', 'peer', 'router')).out).toMatch(
      /Drain: +draining since .*, routes will be withdrawn /,
    );
    at.clock.advance(15_100);
    expect(atRouter()).toEqual({});
    expect((await run('describe', 'peer', 'router')).out).toMatch(/Drain: +drained since .*, routes withdrawn /);
    const [peer] = JSON.parse((await run('peers', '-o', 'json')).out);
    expect(peer).toMatchObject({ 'session-state': 'established', drain: { phase: 'drained' } });
  });

  test('with --wait ends when the routes are withdrawn', async () => {
    const drained = run('drain', '--wait', '1m', '-o', 'json');
    await turnsUntil(() => at.node.drainState !== undefined);
    at.clock.advance(59_000);
    expect(at.node.drainState?.phase).toBe('draining');
    at.clock.advance(2_000);
    const { code, out } = await drained;
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(out)).toMatchObject([{ instance: 'node', phase: 'drained' }]);
    expect(atRouter()).toEqual({});
  });

  test('of a peer known by its interface may name where it was found', async () => {
    at.links.router('eth1', 'fe80::2%eth1');
    at.node.addNeighbor(neighbor(9, { name: 'tor', address: routerOn('eth1') }));
    const { code, out } = await run('drain', '--peer', 'fe80::2%eth1', '--wait', '0s', '-o', 'json');
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(out)).toMatchObject([{ instance: 'node', phase: 'drained' }]);
    expect(at.node.peers().map(({ drain }) => drain?.phase)).toEqual([undefined, 'drained']);
  });

  test('with --wait fails when somebody ends the drain', async () => {
    const drained = run('drain', '--wait');
    await turnsUntil(() => at.node.drainState !== undefined);
    at.node.undrain();
    expect(await drained).toMatchObject({
      code: exitCode.failed,
      err: 'herald: the drain of node was ended meanwhile\n',
    });
  });

  test('of one peer, and its end', async () => {
    const drained = run('drain', '--peer', '2001:DB8::ff', '--wait', '0');
    await turnsUntil(() => at.node.peer(routerAddress)?.drain !== undefined);
    at.clock.advance(100);
    expect((await drained).code).toBe(exitCode.ok);
    expect(atRouter()).toEqual({});
    expect(at.node.drainState).toBeUndefined();
    expect((await run('undrain', '--peer', '2001:db8::ff')).out).toMatch(/node +none/);
    at.clock.advance(100);
    expect(Object.keys(atRouter())).toEqual(['2001:db8:a:1::/64']);
  });

  test('refuses what makes no sense', async () => {
    expect(await run('drain', '--wait', 'soon')).toMatchObject({
      code: exitCode.usage,
      err: 'herald: --wait soon: must be a duration, as 30s or 1m30s\n',
    });
    expect(await run('drain', '--peer', 'router')).toMatchObject({ code: exitCode.usage });
    expect(await run('drain', '--peer', '2001:db8::9')).toMatchObject({
      code: exitCode.failed,
      err: 'herald: there is no peer 2001:db8::9\n',
    });
    expect(await run('drain', '--wait', '48h')).toMatchObject({ code: exitCode.failed });
    expect(at.node.drainState).toBeUndefined();
    await run('drain');
    expect(await run('undrain', '--peer', '2001:db8::ff')).toMatchObject({
      code: exitCode.failed,
      err: 'herald: the whole instance is drained, not peer 2001:db8::ff alone\n',
    });
  });
});
