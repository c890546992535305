import { describe, expect, test } from 'vitest';
import { negotiate, openOf } from '../../src/session/negotiate.ts';
import type { Negotiated, SessionConfig } from '../../src/session/types.ts';
import type { Capability } from '../../src/wire/capability.ts';
import { BgpError } from '../../src/wire/error.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import type { Open } from '../../src/wire/message.ts';
import { addressA, addressB, configA, openB } from './sides.ts';

const endpoints = {
  local: { address: addressA, port: 40000 },
  remote: { address: addressB, port: 179 },
};

function meet(config: SessionConfig, open: Open): Negotiated | BgpError {
  return negotiate(config, openOf(config), open, endpoints);
}

function agree(config: SessionConfig, open: Open): Negotiated {
  const result = meet(config, open);
  if (result instanceof BgpError) throw result;
  return result;
}

function refusal(config: SessionConfig, open: Open): string {
  const result = meet(config, open);
  return result instanceof BgpError ? `${result.code}/${result.subcode}` : 'accepted';
}

/** Both sides with these capabilities beside the usual ones. */
function withBoth(ours: readonly Capability[], theirs: readonly Capability[]): Negotiated {
  const open = openB();
  return agree(
    { ...configA, capabilities: [...configA.capabilities, ...ours] },
    { ...open, capabilities: [...open.capabilities, ...theirs] },
  );
}

const claims = (...families: Family[]): Capability[] => families.map((family) => ({ name: 'multiprotocol', family }));
const four = (asn: number): Capability => ({ name: 'four-octet-as', asn });

describe('our OPEN', () => {
  test('puts AS_TRANS where the number needs four octets', () => {
    expect(openOf({ ...configA, localAsn: 4_200_000_000 })).toMatchObject({ version: 4, myAs: 23456, holdTime: 90 });
    expect(openOf(configA).myAs).toBe(65001);
  });
});

describe('refusals', () => {
  test.each<[string, Partial<SessionConfig>, Partial<Open>, string]>([
    ['the configured AS', {}, {}, 'accepted'],
    ['another AS', { peerAsn: 65009 }, {}, '2/2'],
    ['any AS, when configured as 0', { peerAsn: 0 }, {}, 'accepted'],
    ['AS 0', { peerAsn: 0 }, { myAs: 0, capabilities: claims(ipv6Unicast) }, '2/2'],
    [
      'the number in the capability counts',
      { peerAsn: 70000 },
      { myAs: 23456, capabilities: [...claims(ipv6Unicast), four(70000)] },
      'accepted',
    ],
    ['identifier 0', {}, { routerId: 0 }, '2/3'],
    ['our identifier, from another AS', {}, { routerId: configA.routerId }, 'accepted'],
    [
      'our identifier, from our AS',
      { peerAsn: 65001 },
      { myAs: 65001, routerId: configA.routerId, capabilities: [...claims(ipv6Unicast), four(65001)] },
      '2/3',
    ],
    ['hold time 0', {}, { holdTime: 0 }, 'accepted'],
    ['hold time 1', {}, { holdTime: 1 }, '2/6'],
    ['hold time 2', {}, { holdTime: 2 }, '2/6'],
    ['hold time 3', {}, { holdTime: 3 }, 'accepted'],
    ['no family in common', {}, { capabilities: [...claims(ipv4Unicast), four(65002)] }, '2/7'],
    ['no capabilities, where we want IPv6', {}, { capabilities: [] }, '2/7'],
  ])('%s', (_, config, open, expected) => {
    expect(refusal({ ...configA, ...config }, openB(open))).toBe(expected);
  });

  test('Unsupported Capability carries the ones we miss, as an OPEN would', () => {
    const result = meet({ ...configA, capabilities: claims(ipv6Unicast) }, openB({ capabilities: [] }));
    expect(result).toMatchObject({ code: 2, subcode: 7, data: Uint8Array.of(1, 4, 0, 2, 0, 1) });
  });
});

describe('families', () => {
  test.each([
    ['ours decide the order', [ipv6Unicast, ipv4Unicast], [ipv4Unicast, ipv6Unicast], [ipv6Unicast, ipv4Unicast]],
    ['only those of both', [ipv6Unicast, ipv4Unicast], [ipv6Unicast], [ipv6Unicast]],
    ['each once', [ipv6Unicast, ipv6Unicast], [ipv6Unicast, ipv6Unicast], [ipv6Unicast]],
    ['no claim is IPv4 unicast', [ipv6Unicast, ipv4Unicast], [], [ipv4Unicast]],
    ['also ours', [], [ipv4Unicast], [ipv4Unicast]],
  ])('%s', (_, ours, theirs, expected) => {
    const result = agree(
      { ...configA, peerAsn: 0, capabilities: claims(...ours) },
      openB({ capabilities: claims(...theirs) }),
    );
    expect(result.families).toEqual(expected);
  });
});

describe('timers', () => {
  test.each([
    [90, 30, 90, 90, 30],
    [90, 30, 9, 9, 3],
    [9, 3, 180, 9, 3],
    [90, 10, 90, 90, 10],
    [3, 1, 3, 3, 1],
    [4, 4, 4, 4, 1],
    [90, 0, 90, 90, 30],
    [0, 30, 90, 0, 0],
    [90, 30, 0, 0, 0],
  ])(
    'we offer %i with keepalive %i, the peer %i: hold %i, keepalive %i',
    (hold, keepalive, theirs, expected, every) => {
      const result = agree({ ...configA, holdTime: hold, keepaliveTime: keepalive }, openB({ holdTime: theirs }));
      expect([result.holdTime, result.keepaliveTime]).toEqual([expected, every]);
    },
  );
});

describe('what each direction may use', () => {
  test.each([
    ['receive', 'send', true, false],
    ['send', 'receive', false, true],
    ['both', 'both', true, true],
    ['both', 'send', true, false],
    ['both', 'receive', false, true],
    ['send', 'send', false, false],
    ['receive', 'receive', false, false],
  ] as const)('ADD-PATH: we %s, the peer %s', (ours, theirs, receive, send) => {
    const addPath = (mode: typeof ours): Capability => ({
      name: 'add-path',
      families: [{ family: ipv6Unicast, mode }],
    });
    const result = withBoth([addPath(ours)], [addPath(theirs)]);
    expect([result.receive.addPath.has(ipv6Unicast), result.send.addPath.has(ipv6Unicast)]).toEqual([receive, send]);
  });

  test('ADD-PATH only of families in use', () => {
    const addPath: Capability = { name: 'add-path', families: [{ family: ipv4Unicast, mode: 'both' }] };
    expect(withBoth([addPath], [addPath]).receive.addPath.size).toBe(0);
  });

  test('extended messages are sent when both claim them, and taken when we do', () => {
    const extended: Capability = { name: 'extended-message' };
    const use = (ours: Capability[], theirs: Capability[]) => {
      const { receive, send } = withBoth(ours, theirs);
      return [receive.extendedMessage, send.extendedMessage];
    };
    expect(use([extended], [extended])).toEqual([true, true]);
    expect(use([extended], [])).toEqual([true, false]);
    expect(use([], [extended])).toEqual([false, false]);
  });

  test('an IPv6 next hop for IPv4 is sent when both claim it, for the families in use', () => {
    const entries = [{ family: ipv4Unicast, nextHopAfi: 2 }];
    const extended: Capability = { name: 'extended-next-hop', entries };
    const both = [...claims(ipv4Unicast), extended];
    expect(withBoth(both, both).send.extendedNextHop).toEqual(new Set([ipv4Unicast]));
    expect(withBoth(both, claims(ipv4Unicast)).send.extendedNextHop.size).toBe(0);
    expect(withBoth([extended], [extended]).send.extendedNextHop.size).toBe(0);
    const other: Capability = { name: 'extended-next-hop', entries: [{ family: ipv4Unicast, nextHopAfi: 1 }] };
    expect(withBoth(both, [...claims(ipv4Unicast), other]).send.extendedNextHop.size).toBe(0);
  });

  test('AS numbers have four octets when both say so', () => {
    expect(agree(configA, openB()).send.fourOctetAs).toBe(true);
    const old = agree(configA, openB({ capabilities: claims(ipv6Unicast) }));
    expect([old.send.fourOctetAs, old.receive.fourOctetAs, old.peerAsn]).toEqual([false, false, 65002]);
  });

  test('route refresh and its enhanced kind need both', () => {
    const enhanced: Capability = { name: 'enhanced-route-refresh' };
    expect(withBoth([enhanced], [enhanced])).toMatchObject({ routeRefresh: true, enhancedRouteRefresh: true });
    expect(withBoth([enhanced], [])).toMatchObject({ routeRefresh: true, enhancedRouteRefresh: false });
    expect(agree(configA, openB({ capabilities: claims(ipv6Unicast) })).routeRefresh).toBe(false);
  });

  test('the same AS is internal', () => {
    const inside = openB({ myAs: 65001, capabilities: [...claims(ipv6Unicast), four(65001)] });
    expect(agree({ ...configA, peerAsn: 0 }, inside)).toMatchObject({ external: false, receive: { external: false } });
    expect(agree(configA, openB())).toMatchObject({ external: true, send: { external: true } });
  });
});
