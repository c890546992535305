import { setTimeout as wait } from 'node:timers/promises';
import { Address } from '../ip/address.ts';
import type { Network } from '../session/ports.ts';
import type { SpeakerLog } from '../speaker/log.ts';
import { nobody, tableOf } from '../speaker/nobody.ts';
import { Speaker } from '../speaker/speaker.ts';
import { tcpNetwork } from '../transport/tcp.ts';
import { systemClock, systemEntropy } from '../transport/world.ts';
import { ipv6Unicast } from '../wire/family.ts';

const loopback = Address.parse('::1');
const here = { asn: 65001, routerId: '192.0.2.1' };
const there = { asn: 65002, routerId: '192.0.2.2' };

const ROUTES = 200;

/** In milliseconds: it takes a few. */
const longest = 500;

/**
 * Has two speakers of its own meet on the loopback interface: Node, the native code and the log compile what a session needs of them the first time that it
 * is used, and that takes longer than the session itself. `log` should go nowhere. Resolves to how many routes one had of the other; 0 where the
 * machine has no such interface, or half a second was not enough.
 */
export async function rehearse(log: SpeakerLog, network: Network = tcpNetwork): Promise<number> {
  let port = 0;
  // Whichever port is free; and nobody knows it but us.
  const listen: Network['listen'] = async ({ address }, accept) => {
    const listener = await network.listen({ address, port: 0 }, accept);
    port = listener.local.port;
    return listener;
  };
  const world = { clock: systemClock, network: { ...network, listen }, entropy: systemEntropy };
  const callee = new Speaker({ ...here, listenPort: 0, listenAddresses: [loopback] }, world, log);
  const caller = new Speaker({ ...there, listenPort: -1 }, world, log);
  try {
    await callee.start();
  } catch {
    // There is no IPv6 on the loopback interface, or no such interface.
    return 0;
  }
  try {
    callee.addNeighbor(nobody(loopback, there.asn, { remotePort: 179, passive: true }));
    callee.advertiseBulk({ family: ipv6Unicast, nlri: tableOf(0, ROUTES), attributes: {} });
    caller.addNeighbor(nobody(loopback, here.asn, { remotePort: port, passive: false }));
    await caller.start();
    const received = () => caller.peer(loopback)?.families[0]?.received ?? 0;
    const start = performance.now();
    while (received() < ROUTES && performance.now() - start < longest) await wait(1, undefined, { ref: false });
    return received();
  } finally {
    await Promise.all([caller.stop({ fullDestroy: true }), callee.stop({ fullDestroy: true })]);
  }
}
