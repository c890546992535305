import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect } from '../src/api/client.ts';
import { AdvertisePathsRequest } from '../src/gen/herald/v1/router_service.ts';
import { hello, oneByOne } from './hostile/updates.ts';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: router, asn } = rack.worker1;
const hostile = { address: '2001:db8:bad::1', asn: 64666, routerId: 0x0a0a_0a0a };
const seconds = 15;

/** What the flood announces, round after round. */
const updates = 20_000;
const prefixes = 9_001;

/** What an API client puts in meanwhile, each time with another community. */
const own = 20_000;

/** What another adds meanwhile. */
const added = '2001:db8:5afe::/64';

/** In MB: idle it is near 90, and the tables are near 10. */
const mostMemory = 200;

const configuration = `telemetry: { listen: "[::1]:9179" }
instances:
  - name: rack
    localASN: ${asn}
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${router}"
        peerASN: ${rack.asn}
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 3, keepAliveTimeSeconds: 1 }
      - name: hostile
        peerAddress: "${hostile.address}"
        peerASN: ${hostile.asn}
        transport: { passive: true }
`;

describe.each(frrVersions)('a peer that never reads and sends for ever, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test('costs bounded memory and no other peer its session or a route, while an API client is faster than it as well', async () => {
    const node = lab().node('worker1');
    const herald = new Herald(node);
    const tor = new Frr(lab().node('tor'));
    await node.exec(['ip', '-6', 'addr', 'add', `${hostile.address}/128`, 'dev', 'lo']);
    await node.write('/etc/herald/herald.yaml', configuration);
    await node.process('herald').signal('TERM');
    await node.process('herald').exited;
    node.start('herald', ['herald', 'run', '-c', '/etc/herald']);
    const before = await until(
      () => tor.neighbor(address),
      ({ bgpState, bgpTimerHoldTimeMsecs }) => bgpState === 'Established' && bgpTimerHoldTimeMsecs === 3000,
      { what: 'a session with a hold time of three seconds', within: 30 },
    );

    await node.write('/flood/flood.mjs', readFileSync(new URL('hostile/flood.mjs', import.meta.url)));
    await node.write('/flood/hello', hello(hostile.asn, hostile.routerId));
    await node.write('/flood/updates', oneByOne(hostile.asn, hostile.address, updates, prefixes));
    const files = ['/flood/hello', '/flood/updates'];
    node.start('flood', [process.execPath, '/flood/flood.mjs', address, hostile.address, ...files]);
    await until(
      () => herald.peer(hostile.address),
      ({ families }) => families.some(({ received }) => received === prefixes),
      { what: 'the flood in our table', within: 30 },
    );

    const client = connect({ kind: 'unix', path: `/proc/${node.handle.pid}/root/run/herald/herald.sock` });
    const nlri = Buffer.concat(
      Array.from({ length: own }, (_, i) => Buffer.from([64, 0x20, 0x01, 0x0d, 0xb8, 0, 1, i >> 8, i])),
    );
    const end = performance.now() + 1000 * seconds;
    let memory = 0;
    let rounds = 0;
    const inject = new Promise<void>((resolve, reject) => {
      const stream = client.advertisePaths((error) => (error === null ? resolve() : reject(error)));
      const more = (): void => {
        if (performance.now() > end) {
          stream.end();
          return;
        }
        const family = { afi: 'ipv6', safi: 'unicast' };
        const attributes = { communities: [`${asn}:${++rounds}`] };
        stream.write(AdvertisePathsRequest.fromPartial({ family, nlri, attributes }), more);
      };
      more();
    });
    await herald.advertise([added]);
    await until(
      () => tor.paths(added),
      (paths) => paths.length === 1,
      { what: 'a route that was added during the flood', within: 30 },
    );
    while (performance.now() < end) {
      memory = Math.max(memory, await resident(herald));
      await sleep(200);
    }
    await inject;
    client.close();

    expect(memory).toBeLessThan(mostMemory);
    const { counters, 'pending-bytes': pending } = await herald.peer(hostile.address);
    expect(pending).toBeGreaterThan(0);
    // So fast that it went through its whole table many times: the bound is none of its own.
    expect(counters['updates-received']).toBeGreaterThan(5 * updates);
    expect(rounds).toBeGreaterThan(10);
    const metrics = await metricsOf(herald);
    expect(metrics).toMatch(new RegExp(`herald_peer_pending_bytes\\{[^}]*${hostile.address}[^}]*\\} [1-9]`));

    // The router has everything, as it was in the end, and never lost the session: it was never without a message for three seconds.
    const after = await until(
      () => tor.neighbor(address),
      ({ addressFamilyInfo }) => addressFamilyInfo?.['ipv6Unicast']?.acceptedPrefixCounter === own + 1,
      { what: `${own + 1} prefixes at the router`, within: 60 },
    );
    expect(after.connectionsDropped).toBe(before.connectionsDropped);
    await until(
      () => tor.vtysh('show bgp ipv6 unicast 2001:db8:1:4e1f::/64'),
      (text) => text.includes(`${asn}:${rounds}`),
      { what: 'the last community at the router', within: 30 },
    );
    await node.process('flood').signal('KILL');
    await node.process('flood').exited;
  }, 180_000);
});

/** In MB. */
async function resident({ node }: Herald): Promise<number> {
  const status = await node.text(['sh', '-c', 'cat /proc/$(cat /run/herald.lab-pid)/status']);
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

function metricsOf({ node }: Herald): Promise<string> {
  const script = "fetch('http://[::1]:9179/metrics').then((answer) => answer.text()).then(console.log)";
  return node.text([process.execPath, '-e', script]);
}
