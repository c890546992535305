import { parentPort } from 'node:worker_threads';
import { systemSockets } from '../../transport/sys/system.ts';
import { systemClock, systemEntropy } from '../../transport/world.ts';
import { Engine } from './engine.ts';
import type { ToThread } from './thread-messages.ts';
import { obey, patient } from './thread-side.ts';
import { udpDatagrams } from './udp.ts';

// The thread that BFD has for itself, so that nothing else that Herald does makes a packet late.

const world = { clock: patient(systemClock), entropy: systemEntropy };
const engine = new Engine(world, udpDatagrams(systemSockets, systemEntropy));
parentPort?.on('message', (message: ToThread) => {
  obey(engine, message, (answer) => parentPort?.postMessage(answer));
});
