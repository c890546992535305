import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limitData, PrefixLimits } from '../../src/speaker/prefix-limit.ts';
import type { MaximumPrefixes, Neighbor } from '../../src/speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { runs } from '../runs.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, withdraw } from './support.ts';

const prefixesOf = (count: number) => Array.from({ length: count }, (_, i) => `2001:db8:b:${i.toString(16)}::/64`);
const limitOf = (limit: Partial<MaximumPrefixes>): Partial<Neighbor> => ({
  maximumPrefixes: [{ family: ipv6Unicast, limit: 10, ...limit }],
});

async function pair(options: Partial<Neighbor>) {
  const lab = new Lab(1);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2);
  a.addNeighbor(neighbor(2, options));
  b.addNeighbor(neighbor(1));
  expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
  return { lab, a, b, peer: () => a.peer(addressOf(2)) };
}

describe('a limit of prefixes', () => {
  test('ends the session with Cease 6/1 that has family and limit, and keeps it down', async () => {
    const { lab, a, b, peer } = await pair(limitOf({}));
    advertise(b, prefixesOf(10));
    lab.clock.advance(1000);
    expect(stateOf(a, 2)).toBe('established');
    advertise(b, prefixesOf(11));
    lab.clock.advance(600_000);
    expect(peer()).toMatchObject({
      sessionState: 'idle',
      lastDown: {
        reason: {
          kind: 'stopped',
          text: 'the peer sent more than 10 prefixes of ipv6/unicast: stays down until a reset',
        },
      },
    });
    expect(peer()?.counters.established).toBe(1);
    const reasons = b.peer(addressOf(1))?.lastDown?.reason;
    expect(reasons).toMatchObject({ kind: 'notification-received', notification: { code: 6, subcode: 5 } });
  });

  test('tells the peer the family and the limit (RFC 4486, 4)', () => {
    expect(limitData({ family: ipv6Unicast, limit: 1000 })).toEqual(Uint8Array.of(0, 2, 1, 0, 0, 3, 0xe8));
  });

  test('lets it come back after the time that is set, and by itself when it then fits', async () => {
    const { lab, a, b, peer } = await pair(limitOf({ restartSeconds: 60 }));
    advertise(b, prefixesOf(11));
    lab.clock.advance(1000);
    expect(peer()?.lastDown?.reason.text).toContain('begins again after 60 s');
    withdraw(b, prefixesOf(5));
    lab.clock.advance(57_000);
    expect(stateOf(a, 2)).toBe('idle');
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    lab.clock.advance(1000);
    expect(peer()?.families).toMatchObject([{ received: 6 }]);
  });

  test('ends at a reset, or with a limit that fits', async () => {
    const { lab, a, b } = await pair(limitOf({}));
    advertise(b, prefixesOf(11));
    lab.clock.advance(1000);
    withdraw(b, prefixesOf(5));
    a.resetNeighbor(addressOf(2), { soft: 'none' });
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    advertise(b, prefixesOf(11));
    lab.clock.advance(1000);
    expect(stateOf(a, 2)).toBe('idle');
    a.updateNeighbor(neighbor(2, limitOf({ limit: 20 })));
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    lab.clock.advance(1000);
    a.updateNeighbor(neighbor(2, limitOf({ limit: 5 })));
    expect(stateOf(a, 2)).toBe('idle');
  });

  test('counts before any policy, and routes that are dropped too', async () => {
    const { lab, a, b } = await pair({ ...limitOf({}), defaultImportAction: 'reject' });
    advertise(b, prefixesOf(11), { asPath: [{ type: 'sequence', asns: [65001] }] });
    lab.clock.advance(1000);
    expect(stateOf(a, 2)).toBe('idle');
  });

  test('is not there when the peer is removed before it may come back', async () => {
    const { lab, a, b } = await pair(limitOf({ restartSeconds: 5 }));
    advertise(b, prefixesOf(11));
    lab.clock.advance(1000);
    a.removeNeighbor(addressOf(2));
    lab.clock.advance(60_000);
    expect(a.peers()).toEqual([]);
    expect(stateOf(b, 1)).not.toBe('established');
  });

  test('is near once for each time that the count passes the threshold, and over only above the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 50 })),
        (limit, warningThreshold, counts) => {
          const limits = new PrefixLimits([{ family: ipv4Unicast, limit, warningThreshold }]);
          let wasNear = false;
          for (const count of counts) {
            const isNear = count * 100 > limit * warningThreshold;
            const expected = count > limit ? 'over' : isNear && !wasNear ? 'near' : 'within';
            expect(limits.judge(ipv4Unicast, count)).toBe(expected);
            if (count <= limit) wasNear = isNear;
            expect(limits.judge(ipv6Unicast, count)).toBe('within');
          }
        },
      ),
      { numRuns: runs },
    );
  });
});

describe('a peer that is administratively down', () => {
  test('is idle with its reason, and neither dials nor is dialled', async () => {
    const lab = new Lab(1);
    const a = await lab.speaker(1);
    const b = await lab.speaker(2);
    a.addNeighbor(neighbor(2, { adminDown: 'new optics' }));
    b.addNeighbor(neighbor(1));
    lab.clock.advance(120_000);
    expect(a.peer(addressOf(2))).toMatchObject({
      sessionState: 'idle',
      lastDown: { reason: { kind: 'stopped', text: 'administratively down: new optics' } },
    });
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      kind: 'notification-received',
      notification: { code: 6, subcode: 2 },
      text: expect.stringContaining('new optics'),
    });
    a.resetNeighbor(addressOf(2), { soft: 'none' });
    lab.clock.advance(60_000);
    expect(stateOf(a, 2)).toBe('idle');
    a.updateNeighbor(neighbor(2));
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
  });

  test('ends a session with Administrative Shutdown and the text (RFC 9003), and starts it when it may', async () => {
    const { lab, a, b, peer } = await pair({});
    const first = neighbor(2, { adminDown: 'новая оптика' });
    a.updateNeighbor(first);
    lab.clock.advance(100);
    expect(stateOf(a, 2)).toBe('idle');
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      notification: { code: 6, subcode: 2 },
      text: expect.stringContaining('новая оптика'),
    });
    a.updateNeighbor({ ...first, adminDown: '' });
    expect(peer()?.lastDown?.reason.text).toBe('administratively down');
    a.updateNeighbor(neighbor(2));
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
  });
});
