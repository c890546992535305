import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address } = rack.worker1;
const seconds = 120;
/** 100,000 different /64s. */
const many = Array.from(
  { length: 100_000 },
  (_, i) => `2001:db9:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::/64`,
);

// Both generations at once: this is two minutes of waiting.
describe.concurrent.each(frrVersions)('hold time 3, keepalive 1, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test(`no session drops in ${seconds} s while 100,000 prefixes come and go`, async () => {
    const tor = new Frr(lab().node('tor'));
    const worker = new Herald(lab().node('worker1'));
    await tor.established(address);
    await tor.configureBgp(rack.asn, 'neighbor WORKER timers 1 3');
    await tor.vtysh('clear bgp *');
    const before = await until(
      () => tor.neighbor(address),
      ({ bgpState, bgpTimerHoldTimeMsecs }) => bgpState === 'Established' && bgpTimerHoldTimeMsecs === 3000,
      { what: 'a session with a hold time of three seconds' },
    );
    expect(before.bgpTimerKeepAliveIntervalMsecs).toBe(1000);

    const end = performance.now() + seconds * 1000;
    let rounds = 0;
    while (performance.now() < end) {
      await worker.advertise(many);
      await count(tor, many.length);
      await worker.withdraw(many);
      await count(tor, 0);
      rounds++;
      await sleep(Math.min(3000, Math.max(0, end - performance.now())));
    }
    expect(rounds).toBeGreaterThan(0);

    const after = await tor.neighbor(address);
    expect(after.bgpState).toBe('Established');
    expect(after.connectionsDropped).toBe(before.connectionsDropped);
    expect(after.messageStats.notificationsRecv).toBe(before.messageStats.notificationsRecv);
    expect(after.messageStats.keepalivesRecv - before.messageStats.keepalivesRecv).toBeGreaterThan(seconds / 2);
  });
});

async function count(tor: Frr, wanted: number): Promise<void> {
  await until(
    async () => (await tor.neighbor(address)).addressFamilyInfo?.['ipv6Unicast']?.acceptedPrefixCounter ?? 0,
    (prefixes) => prefixes === wanted,
    { what: `${wanted} prefixes at the router`, within: 120 },
  );
}
