import { setTimeout as wait } from 'node:timers/promises';
import { Address } from '../ip/address.ts';
import type { Network } from '../session/ports.ts';
import type { SpeakerLog } from '../speaker/log.ts';
import { Speaker } from '../speaker/speaker.ts';
import type { Neighbor } from '../speaker/types.ts';
import { tcpNetwork } from '../transport/tcp.ts';
import { systemClock, systemEntropy } from '../transport/world.ts';
import { ipv6Unicast } from '../wire/family.ts';
import type { Nlri } from '../wire/update.ts';

const loopback = Address.parse('::1');

const ROUTES = 200;

/** In milliseconds: it takes a few. */
const longest = 500;

/**
 * Has two speakers of its own meet on the loopback interface: Node, the native code and the log compile what a session needs of them the first time that it
 * is used, and that takes longer than the session itself. `log` should go nowhere. Resolves to how many routes one had of the other, 0 where the
 * machine has no such interface.
 */
export async function rehearse(log: SpeakerLog): Promise<number> {
  let port = 0;
  // Whichever port is free; and nobody knows it but us.
  const listen: Network['listen'] = async ({ address }, accept) => {
    const listener = await tcpNetwork.listen({ address, port: 0 }, accept);
    port = listener.local.port;
    return listener;
  };
  const world = { clock: systemClock, network: { ...tcpNetwork, listen }, entropy: systemEntropy };
  const callee = new Speaker({ ...here, listenPort: 0, listenAddresses: [loopback] }, world, log);
  const caller = new Speaker({ ...there, listenPort: -1 }, world, log);
  callee.addNeighbor(neighbor(there.asn, { remotePort: 179, passive: true }));
  callee.advertiseBulk({ family: ipv6Unicast, nlri: table, attributes: {} });
  try {
    await callee.start();
  } catch {
    return 0;
  }
  caller.addNeighbor(neighbor(here.asn, { remotePort: port, passive: false }));
  await caller.start();
  const received = () => caller.peer(loopback)?.families[0]?.received ?? 0;
  const start = performance.now();
  while (received() < ROUTES && performance.now() - start < longest) await wait(1, undefined, { ref: false });
  const result = received();
  await Promise.all([caller.stop({ fullDestroy: true }), callee.stop({ fullDestroy: true })]);
  return result;
}

const here = { asn: 65001, routerId: '192.0.2.1' };
const there = { asn: 65002, routerId: '192.0.2.2' };

function neighbor(asn: number, transport: Neighbor['transport']): Neighbor {
  return {
    name: 'nobody',
    address: loopback,
    asn,
    timers: { connectRetry: 90, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
    transport,
    families: [ipv6Unicast],
    defaultExportAction: 'accept',
    defaultImportAction: 'accept',
  };
}

/** /64s of the documentation prefix. */
const table: Nlri = { family: ipv6Unicast, addPath: false, bytes: new Uint8Array(9 * ROUTES) };
for (let i = 0; i < ROUTES; i++) table.bytes.set([64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, i], 9 * i);
