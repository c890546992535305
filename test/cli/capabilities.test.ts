import { describe, expect, test } from 'vitest';
import { capabilityLines, claimLines, gracefulRestartOf } from '../../src/cli/capabilities.ts';
import { PeerState } from '../../src/gen/herald/v1/types.ts';
import { type Capability, encodeCapabilities } from '../../src/wire/capability.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';

const claimed = (capabilities: readonly Capability[]) =>
  capabilities.map((capability) => ({
    name: capability.name,
    text: '',
    raw: Buffer.from(encodeCapabilities([capability])),
  }));

const lines = (local: readonly Capability[], remote: readonly Capability[] = []) =>
  claimLines({ localCapabilities: claimed(local), remoteCapabilities: claimed(remote) });

describe('capabilities', () => {
  test('are told under the peer’s address and AS', () => {
    const peer = PeerState.fromPartial({
      peerAddress: 'fe80::1%eth0',
      peerAsn: 65000,
      localCapabilities: claimed([{ name: 'route-refresh' }]),
    });
    expect(capabilityLines(peer)).toEqual([
      'BGP neighbor is fe80::1%eth0, remote AS 65000',
      '  Neighbor capabilities:',
      '    route-refresh: advertised',
    ]);
  });

  test('were advertised, received, or both, each family by itself', () => {
    expect(
      lines(
        [{ name: 'multiprotocol', family: ipv6Unicast }, { name: 'extended-message' }],
        [
          { name: 'multiprotocol', family: ipv4Unicast },
          { name: 'extended-message' },
          { name: 'multiprotocol', family: ipv6Unicast },
        ],
      ),
    ).toEqual([
      'multiprotocol ipv6/unicast: advertised and received',
      'extended-message: advertised and received',
      'multiprotocol ipv4/unicast: received',
    ]);
  });

  test.each<[Capability, string[]]>([
    [
      {
        name: 'graceful-restart',
        restarting: true,
        notification: true,
        time: 120,
        families: [
          { family: ipv6Unicast, forwarding: true },
          { family: ipv4Unicast, forwarding: false },
        ],
      },
      [
        'restart time: 120 sec, restart flag set, notification flag set',
        '  ipv6/unicast, forward flag set',
        '  ipv4/unicast',
      ],
    ],
    [
      { name: 'graceful-restart', restarting: false, notification: false, time: 0, families: [] },
      ['restart time: 0 sec'],
    ],
    [
      {
        name: 'long-lived-graceful-restart',
        families: [
          { family: ipv6Unicast, forwarding: true, staleTime: 3600 },
          { family: ipv4Unicast, forwarding: false, staleTime: 1 },
        ],
      },
      ['ipv6/unicast, stale time: 3600 sec, forward flag set', '  ipv4/unicast, stale time: 1 sec'],
    ],
    [{ name: 'extended-next-hop', entries: [{ family: ipv4Unicast, nextHopAfi: 2 }] }, ['ipv4/unicast via ipv6']],
    [
      {
        name: 'add-path',
        families: [
          { family: ipv6Unicast, mode: 'both' },
          { family: ipv4Unicast, mode: 'receive' },
        ],
      },
      ['ipv6/unicast both, ipv4/unicast receive'],
    ],
    [{ name: 'fqdn', host: 'tor', domain: 'example\n' }, ['name: "tor", domain: "example\\u{a}"']],
    [{ name: 'software-version', version: 'FRR 10' }, ['"FRR 10"']],
    [{ name: 'four-octet-as', asn: 4200000000 }, ['4200000000']],
    [{ name: 'role', role: 3 }, ['customer']],
  ])('have details: %j', (capability, [first, ...more]) => {
    expect(lines([], [capability])).toEqual([
      `${capability.name}: received`,
      `  remote: ${first}`,
      ...more.map((line) => `  ${line}`),
    ]);
  });

  test('may differ between the two sides', () => {
    expect(lines([{ name: 'four-octet-as', asn: 1 }], [{ name: 'four-octet-as', asn: 2 }])).toEqual([
      'four-octet-as: advertised and received',
      '  local: 1',
      '  remote: 2',
    ]);
  });

  test('that are not known have their number and their octets', () => {
    const unknown = (value: number): Capability => ({ name: 'unknown', code: 67, value: Uint8Array.of(value) });
    expect(lines([unknown(1)], [unknown(2)])).toEqual([
      'capability 67 (dynamic-capability): advertised and received',
      '  local: 0x01',
      '  remote: 0x02',
    ]);
  });

  test('say whether graceful restart is among them', () => {
    const restart = {
      name: 'graceful-restart',
      restarting: false,
      notification: true,
      time: 120,
      families: [],
    } as const;
    expect(gracefulRestartOf(claimed([{ name: 'route-refresh' }, restart]))).toEqual(restart);
    expect(gracefulRestartOf(claimed([{ name: 'route-refresh' }]))).toBeUndefined();
  });
});
