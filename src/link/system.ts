import type { Clock, Entropy } from '../session/ports.ts';
import { systemSockets } from '../transport/sys/system.ts';
import { icmpv6Sockets } from './icmpv6-socket.ts';
import { interfaceStates, lookingWhenTold } from './interfaces.ts';
import type { Links } from './links.ts';
import { linksOf } from './machine.ts';
import { netlinkSource } from './monitor.ts';

/** The links of this machine. */
export function systemLinks(clock: Clock, entropy: Entropy): Links {
  return linksOf({
    clock,
    entropy,
    look: interfaceStates,
    openSource: lookingWhenTold(netlinkSource(systemSockets)),
    openPort: icmpv6Sockets(systemSockets),
  });
}
