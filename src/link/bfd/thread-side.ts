import { Address } from '../../ip/address.ts';
import type { Clock, Timer } from '../../session/ports.ts';
import type { Engine } from './engine.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

/** Does what the other thread asks for, and tells it what happens. */
export function obey(engine: Engine, message: ToThread, tell: (message: FromThread) => void): void {
  switch (message.type) {
    case 'open': {
      const { remote, local, timing, counters } = message;
      const request = { remote: Address.parse(remote), ...(local !== undefined && { local: Address.parse(local) }) };
      engine.open({ ...request, timing }, counters, (status) => tell({ type: 'status', remote, status }));
      break;
    }
    case 'change':
      engine.change(Address.parse(message.remote), message.timing);
      break;
    case 'close':
      engine.close(Address.parse(message.remote));
      break;
    case 'end':
      // The sockets send in this turn what they were given.
      engine.end(() => setImmediate(() => tell({ type: 'ended' })));
      break;
  }
}

/** Before a timer fires, what has come meanwhile is read: a thread that had no processor for a while must not take its neighbors for dead. */
export function patient(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    turn: (callback) => clock.turn(callback),
    timer(milliseconds: number, callback: () => void): Timer {
      let waiting: NodeJS.Immediate | undefined;
      const timer = clock.timer(milliseconds, () => {
        waiting = setImmediate(callback);
      });
      return {
        cancel() {
          timer.cancel();
          clearImmediate(waiting);
        },
      };
    },
  };
}
