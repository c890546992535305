import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { stream, type Watch, watchesCut } from '../../src/api/watch.ts';

/** A call whose client reads when told to. */
class FakeCall extends EventEmitter {
  cancelled = false;
  readonly written: string[] = [];
  isSlow = false;

  write(message: string): boolean {
    this.written.push(message);
    return !this.isSlow;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

function setUp(limit: number, snapshot: readonly string[] = ['s'], isSlow = false) {
  const call = new FakeCall();
  call.isSlow = isSlow;
  const listeners = new Set<(events: readonly string[]) => void>();
  const watch: Watch<string, string> = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => snapshot,
    marker: 'end',
    messages: (events) => events,
  };
  const done = stream(call as never, watch, limit);
  const tell = (...events: string[]) => {
    for (const listener of listeners) listener(events);
  };
  return { call, tell, done, listeners };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a watch', () => {
  test('tells what is there, then the marker, then what happened meanwhile, then what happens', async () => {
    const { call, tell, done, listeners } = setUp(10, ['a', 'b']);
    tell('1', '2');
    await settle();
    tell('3');
    await settle();
    expect(call.written).toEqual(['a', 'b', 'end', '1', '2', '3']);
    call.cancel();
    await done;
    expect(listeners.size).toBe(0);
  });

  test('waits for a slow reader, and loses nothing while the queue holds it', async () => {
    const { call, tell, done } = setUp(10, ['s'], true);
    tell('1');
    await settle();
    expect(call.written).toEqual(['s']);
    call.isSlow = false;
    call.emit('drain');
    await settle();
    expect(call.written).toEqual(['s', 'end', '1']);
    call.cancel();
    await done;
  });

  test('is cut when its reader falls too far behind', async () => {
    const { call, tell, done, listeners } = setUp(2, ['s'], true);
    const before = watchesCut();
    tell('1', '2');
    expect(watchesCut()).toBe(before);
    tell('3');
    tell('4');
    expect(watchesCut()).toBe(before + 1);
    call.emit('drain');
    await expect(done).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('more than 2 events behind'),
    });
    expect(call.written).toEqual(['s']);
    expect(listeners.size).toBe(0);
  });

  test('ends when its reader goes, also while that is slow', async () => {
    const { call, done, listeners } = setUp(2, ['a', 'b', 'c'], true);
    await settle();
    call.cancel();
    await done;
    expect(call.written).toEqual(['a']);
    expect(listeners.size).toBe(0);
  });
});
