import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { type Rig, rig, routerAddress } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
  at.establish();
});
afterEach(() => at.close());

const run = (...args: string[]) => herald('--server', at.target, 'reset', ...args);
const counters = () => at.node.peer(routerAddress)?.counters;
const established = () => counters()?.established;

describe('reset', () => {
  test.each([['router'], ['2001:db8::ff'], ['2001:DB8:0::ff'], ['--all']])(
    '%s ends the session, which starts over',
    async (whom) => {
      const { code, out } = await run(whom, '--message', 'maintenance');
      expect([code, out]).toEqual([exitCode.ok, expect.stringMatching(/^node +router +2001:db8::ff +reset$/m)]);
      at.clock.advance(100);
      expect(at.router.peers()[0]?.lastDown?.reason).toMatchObject({
        notification: { code: 6, subcode: 4 },
        text: expect.stringContaining('maintenance'),
      });
      expect(at.clock.until(() => established() === 2, 60_000)).toBe(true);
    },
  );

  test.each([
    ['in', 1, 0],
    ['out', 0, 1],
    ['both', 1, 1],
  ])('--soft %s keeps the session', async (direction, asked, begun) => {
    const { code, out } = await run('router', '--soft', direction, '-o', 'json');
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(out)).toEqual([
      { instance: 'node', name: 'router', 'peer-address': '2001:db8::ff', reset: `soft ${direction}` },
    ]);
    at.clock.advance(100);
    // A refresh that nobody asked for is a BoRR and an EoRR (RFC 7313).
    expect(counters()?.routeRefreshesSent).toBe(asked + 2 * begun);
    expect(established()).toBe(1);
  });

  test('--all leaves out those that are not up, softly, and tries them again else', async () => {
    at.node.addNeighbor(neighbor(9));
    expect((await run('--all', '--soft', 'both')).code).toBe(exitCode.ok);
    expect((await run('--all')).out.match(/ reset$/gm)).toHaveLength(2);
  });

  test.each<[string[], number, string]>([
    [[], exitCode.usage, 'herald: name a peer, as in reset 2001:db8::1, or say --all\n'],
    [['router', '--all'], exitCode.usage, 'herald: name a peer, as in reset 2001:db8::1, or say --all\n'],
    [['tor'], exitCode.failed, 'herald: there is no peer tor; there is router (2001:db8::ff)\n'],
    [['router', '--soft', 'out', '--hard'], exitCode.usage, 'herald: --hard and --soft exclude each other\n'],
    [
      ['router', '--soft', 'in', '--message', 'x'],
      exitCode.usage,
      'herald: --message goes with the end of a session, which --soft keeps\n',
    ],
    [
      ['router', '--message', 'é'.repeat(128)],
      exitCode.failed,
      'herald: admin_communication: must be at most 255 octets of UTF-8\n',
    ],
    [
      ['--all', '--soft', 'up'],
      exitCode.usage,
      "herald: option '--soft <direction>' argument 'up' is invalid. Allowed choices are in, out, both.\n",
    ],
  ])('%j is refused', async (words, code, err) => {
    expect(await run(...words)).toEqual({ code, out: '', err });
    expect(established()).toBe(1);
  });
});
