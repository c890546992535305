import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress, pods } = rack.worker1;

describe.each(frrVersions)('herald reset, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const reset = (...words: readonly string[]) => worker().exec(['herald', 'reset', ...words]);

  test('--soft out sends the routes again, in the same session', async () => {
    await new Herald(worker()).advertise([pods]);
    await tor().established(address);
    const before = await until(
      () => tor().neighbor(address),
      ({ addressFamilyInfo }) => addressFamilyInfo?.['ipv6Unicast']?.acceptedPrefixCounter === 1,
      { what: 'the route at the router' },
    );
    await reset('tor', '--soft', 'out');
    const after = await until(
      () => tor().neighbor(address),
      ({ messageStats }) => messageStats.updatesRecv > before.messageStats.updatesRecv,
      { what: 'the routes again' },
    );
    expect(after.connectionsEstablished).toBe(before.connectionsEstablished);
    expect(await tor().prefixesFrom(address)).toEqual([pods]);
  });

  test('--soft in asks the router for its routes, in the same session', async () => {
    const { connectionsEstablished } = await tor().neighbor(address);
    const { counters } = await new Herald(worker()).peer(torAddress);
    await reset('--all', '--soft', 'in');
    await until(
      () => tor().json<Record<string, { messageStats: { routeRefreshRecv: number } }>>(`show bgp neighbors ${address}`),
      (neighbors) => (neighbors[address]?.messageStats.routeRefreshRecv ?? 0) > 0,
      { what: 'a ROUTE-REFRESH at the router' },
    );
    expect(counters['routeRefreshesSent'] ?? 0).toBe(0);
    expect(await tor().neighbor(address)).toMatchObject({ connectionsEstablished, bgpState: 'Established' });
  });

  test('the session ends with Administrative Reset and the text, and is up again', async () => {
    const before = await tor().neighbor(address);
    await reset(torAddress, '--message', 'maintenance at noon');
    const after = await until(
      () => tor().neighbor(address),
      ({ connectionsEstablished }) => connectionsEstablished > before.connectionsEstablished,
      { what: 'another session' },
    );
    expect(after.connectionsEstablished).toBe(before.connectionsEstablished + 1);
    expect(lab().node('tor').logs()).toMatch(
      /received from neighbor \S+ 6\/4 \(Cease\/Administrative Reset\).*maintenance at noon/,
    );
    await until(
      () => tor().prefixesFrom(address),
      (found) => found.join() === pods,
      { what: 'the route again' },
    );
  });

  test('of a peer that is not there says which there are', async () => {
    const { code, stderr } = await worker().attempt(['herald', 'reset', 'spine']);
    expect([code, stderr]).toEqual([1, `herald: there is no peer spine; there is tor (${torAddress})\n`]);
  });
});
