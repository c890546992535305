import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { CallStatus } from './errors.ts';
import { Turns } from './turns.ts';

/** Events that one watcher may be behind. */
export const mostQueued = 65536;

let cut = 0;

/** How many watches of this process were cut because their readers were too slow. */
export function watchesCut(): number {
  return cut;
}

/** How a watch is told of what happens, and what it makes of that. */
export interface Watch<Event, Response> {
  /** Calls `listener` from now on; the result ends that. */
  readonly subscribe: (listener: (events: readonly Event[]) => void) => () => void;
  /** What is there now, in messages. May be consumed over many turns of the event loop, while events come in. */
  readonly snapshot: () => Iterable<Response>;
  /** The message that ends the snapshot. */
  readonly marker: Response;
  /** Events, in order, as messages. */
  readonly messages: (events: readonly Event[]) => Iterable<Response>;
}

/**
 * Streams a snapshot, the marker and then events until the client has gone. Events from the moment the snapshot began are queued
 * and follow it: whoever applies them in order ends up with what is. Throws RESOURCE_EXHAUSTED for a client too slow to keep up.
 */
export async function stream<Event, Response>(
  call: ServerWritableStream<unknown, Response>,
  watch: Watch<Event, Response>,
  limit = mostQueued,
): Promise<void> {
  const queue = new Queue<Event>(limit);
  const unsubscribe = watch.subscribe((events) => queue.push(events));
  call.once('cancelled', () => queue.close());
  if (call.cancelled) queue.close();
  const turns = new Turns();
  const send = async (message: Response): Promise<void> => {
    queue.check();
    if (!call.write(message)) await drained(call);
    await turns.give();
  };
  try {
    for (const message of watch.snapshot()) {
      if (queue.isClosed) return;
      await send(message);
    }
    await send(watch.marker);
    for (let events = await queue.take(); events !== undefined; events = await queue.take()) {
      for (const message of watch.messages(events)) {
        if (queue.isClosed) return;
        await send(message);
      }
    }
  } finally {
    unsubscribe();
  }
}

/** Events that wait for one watcher. */
class Queue<Event> {
  readonly #limit: number;
  #events: Event[] = [];
  #state: 'open' | 'lagged' | 'closed' = 'open';
  #wake = () => {};

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  push(events: readonly Event[]): void {
    if (this.#state !== 'open') return;
    if (this.#events.length + events.length > this.#limit) {
      this.#state = 'lagged';
      cut++;
      this.#events = [];
    } else for (const event of events) this.#events.push(event);
    this.#wake();
  }

  close(): void {
    this.#state = 'closed';
    this.#wake();
  }

  /** Throws when events had to be dropped. */
  check(): void {
    if (this.#state !== 'lagged') return;
    throw new CallStatus(
      status.RESOURCE_EXHAUSTED,
      `the watch was cut: its reader fell more than ${this.#limit} events behind; start it again`,
    );
  }

  /** All that wait, at least one; undefined when the watcher has gone. Throws as `check`. */
  async take(): Promise<Event[] | undefined> {
    while (this.#events.length === 0 && this.#state === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.check();
    if (this.#state === 'closed') return undefined;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

const wakers = ['drain', 'cancelled', 'close'] as const;

/** Resolves when the client has read enough to go on, or has gone. */
export function drained<Response>(call: ServerWritableStream<unknown, Response>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of wakers) call.off(event, done);
      resolve();
    };
    for (const event of wakers) call.once(event, done);
    if (call.cancelled) done();
  });
}
