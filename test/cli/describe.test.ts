import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describe as describePeer } from '../../src/cli/describe.ts';
import { CliError, type ExitCode, exitCode } from '../../src/cli/exit.ts';
import type { Format } from '../../src/cli/output.ts';
import { Address } from '../../src/ip/address.ts';
import { nodeAddress, type Rig, rig, routerAddress } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { captured, herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

async function described(words: readonly string[], output: Format = 'table', instance = ''): Promise<string> {
  const options = { server: at.target, instance, output };
  const { out } = await captured(() => describePeer(words, options));
  return out;
}

/** What describe says under a head, without the indentation. */
function section(text: string, head: string): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(head) + 1;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('  '));
  return lines.slice(start, end === -1 ? undefined : end).map((line) => line.slice(2));
}

describe('all of a peer', () => {
  test('tells of a peer that is not there, by address', async () => {
    expect((await described(['peer', '2001:db8:0::ff'])).split('\n').slice(0, 14)).toEqual([
      'Peer router of instance node',
      '  Address:          [2001:db8::ff]:179',
      '  Peer AS:          65000',
      '  Local AS:         65001',
      '  Session State:    connect',
      '  Router ID:        -',
      '  Transport:        any -> [2001:db8::ff]:179, not connected',
      '  Protection:       none',
      '  Next Hop:         auto',
      '  Several Paths:    none',
      '  Pending:          0 bytes',
      '  Received:         0 bytes of routes',
      '  Graceful Restart: disabled',
      '  Default Policies: export accept, import accept',
    ]);
  });

  test('tells of BFD where it is configured', async () => {
    const bfd = { transmitInterval: 300, receiveInterval: 300, detectionMultiplier: 3, strict: false };
    at.node.addNeighbor(neighbor(2, { bfd }));
    expect(section(await described(['peer', 'host-2']), 'BFD')).toEqual([
      'State:          down (no diagnostic), went down 0 times',
      'Peer:           not heard',
      'Discriminators: 0 here, - there',
      'Sends every:    -',
      'Detects in:     -',
      'Packets:        0 sent, 0 received, 0 discarded',
      'Problem:        BFD is not part of this speaker',
    ]);
    const [json] = JSON.parse(await described(['peer', 'host-2'], 'json')) as Record<string, unknown>[];
    expect(json).toMatchObject({
      bfd: { state: 'down', diagnostic: 'no diagnostic', 'packets-received': 0, downs: 0 },
      configured: { bfd: { 'transmit-interval-nanoseconds': 3e8, 'detection-multiplier': 3, strict: false } },
    });
  });

  test('tells all of a session that is up, by name', async () => {
    at.establish();
    at.clock.advance(3000);
    const text = await described(['peer', 'router']);
    const { negotiated } = at.node.peers()[0] ?? {};
    expect(text).toContain('  Session State:    established for 4s\n');
    expect(text).toContain('  Router ID:        10.0.0.254\n');
    expect(text).toContain(
      `  Transport:        [2001:db8::1]:${negotiated?.local.port} -> [2001:db8::ff]:${negotiated?.remote.port}\n`,
    );
    expect(section(text, 'Timers').slice(0, 2)).toEqual([
      expect.stringMatching(/^Hold Time: +configured 9s, applied 9s, [6-9]s left$/),
      expect.stringMatching(/^Keep Alive Time: +configured 3s, applied 3s, [0-3]s left$/),
    ]);
    expect(section(text, 'Address Families')).toEqual([
      'Family         Received   Accepted   Looped   Leaked   Stale   Advertised   Unsent',
      'ipv6/unicast   0          0          0        0        0       0            0',
    ]);
    const { counters } = at.node.peers()[0] ?? {};
    expect(section(text, 'Messages')).toEqual([
      'Type            Sent   Received',
      'OPEN            1      1',
      `UPDATE          ${counters?.updatesSent}      ${counters?.updatesReceived}`,
      `KEEPALIVE       ${counters?.keepalivesSent}      ${counters?.keepalivesReceived}`,
      'NOTIFICATION    0      0',
      'ROUTE-REFRESH   0      0',
      'established once, 0 collisions resolved, 0 malformed UPDATEs',
    ]);
    expect(section(text, 'Capabilities')).toEqual([
      'multiprotocol ipv6/unicast: advertised and received',
      'route-refresh: advertised and received',
      'extended-message: advertised and received',
      'four-octet-as: advertised and received',
      '  local: 65001',
      '  remote: 65000',
      'enhanced-route-refresh: advertised and received',
    ]);
    expect(section(text, 'Last Error')).toEqual(['What: none']);
  });

  test('tells how the last session ended, why, and when', async () => {
    at.establish();
    at.router.removeNeighbor(nodeAddress);
    at.clock.advance(100);
    expect(section(await described(['peer', 'router']), 'Last Error')).toEqual([
      'What:         notification-received 6/3: Cease: Peer De-configured',
      'Likely cause: the peer has us no longer in its configuration',
      expect.stringMatching(/^When: {9}2026-01-01T00:00:\d\d\.\d{3}Z$/),
    ]);
  });

  test('names what mostly lies behind a NOTIFICATION of ours', async () => {
    at.node.updateNeighbor({ ...neighbor(1), name: 'router', address: routerAddress, asn: 65009 });
    at.clock.advance(5000);
    const [what, cause] = section(await described(['peer', 'router']), 'Last Error');
    expect(what).toMatch(/^What: {9}notification-sent 2\/2: /);
    expect(cause).toBe('Likely cause: the peer is in another AS than configured here');
  });

  test('tells what is configured of a peer that nobody dials', async () => {
    expect(await described(['peer', 'node'], 'table', 'router')).toContain(
      '  Transport:        waits for the peer to connect (passive)\n',
    );
  });

  test('has in JSON and YAML what peers has', async () => {
    at.establish();
    const all = JSON.parse((await herald('--server', at.target, 'peers', '-o', 'json')).out) as unknown[];
    expect(JSON.parse(await described(['peer', 'router'], 'json'))).toEqual(all);
    expect(parse(await described(['peer', 'router'], 'yaml'))).toEqual(all);
    const { negotiated } = at.node.peers()[0] ?? {};
    expect(all[0]).toMatchObject({
      'local-address': '2001:db8::1',
      'local-port': negotiated?.local.port,
      'remote-port': negotiated?.remote.port,
      'pending-bytes': 0,
      'graceful-restart': { enabled: false, 'restart-time-nanoseconds': 0 },
      configured: {
        asn: 65000,
        families: [{ afi: 'ipv6', safi: 'unicast' }],
        passive: false,
        'delay-open-nanoseconds': 0,
        'default-export-action': 'accept',
        'default-import-action': 'accept',
      },
    });
  });

  test('is a command', async () => {
    const { code, out } = await herald('--server', at.target, 'describe', 'peer', 'router');
    expect({ code, out }).toEqual({ code: exitCode.ok, out: await described(['peer', 'router']) });
    expect(await herald('--server', at.target, 'describe')).toEqual({
      code: exitCode.usage,
      out: '',
      err: 'herald: name a peer, as in describe peer 2001:db8::1\n',
    });
  });

  test('takes an address for one, though a peer has it as its name', async () => {
    at.node.addNeighbor({ ...neighbor(9), name: '2001:db8::ff', address: Address.parse('2001:db8::9') });
    expect(await described(['peer', '2001:db8::ff'])).toMatch(/^Peer router of /);
  });

  test.each<[string[], ExitCode, string]>([
    [['x'], exitCode.usage, 'invalid argument: x, expected peer'],
    [['peer'], exitCode.usage, 'name a peer, as in describe peer 2001:db8::1'],
    [['peer', 'a', 'b'], exitCode.usage, 'invalid argument: b, expected nothing more'],
    [['peer', 'x'], exitCode.failed, 'there is no peer x; there is router (2001:db8::ff)'],
    [['peer', '::1'], exitCode.failed, 'there is no peer ::1; there is router (2001:db8::ff)'],
  ])('with %j is a mistake', async (words, code, message) => {
    await expect(described(words)).rejects.toEqual(new CliError(code, message));
  });
});
