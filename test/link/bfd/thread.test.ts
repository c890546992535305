import { describe, expect, test } from 'vitest';
import { Address } from '../../../src/ip/address.ts';
import { statusAtFirst } from '../../../src/link/bfd/ports.ts';
import { BfdThread, type Thread } from '../../../src/link/bfd/thread.ts';
import type { FromThread, ToThread } from '../../../src/link/bfd/thread-messages.ts';

const timing = { desiredMinTx: 300_000, requiredMinRx: 200_000, detectMultiplier: 3 };
const remote = Address.parse('fe80::1%eth0');

/** The other thread: what it was told, and how to speak for it. */
function puppet() {
  const told: ToThread[] = [];
  let say: (message: FromThread) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let isOver = false;
  const thread: Thread = {
    postMessage(message) {
      told.push(message);
      if (message.type === 'end') say({ type: 'ended' });
    },
    on(event: 'message' | 'error', listener: (value: never) => void) {
      if (event === 'message') say = listener as typeof say;
      else fail = listener as typeof fail;
    },
    unref() {},
    terminate: () => {
      isOver = true;
      return Promise.resolve(0);
    },
  };
  return {
    bfd: new BfdThread(() => thread),
    told,
    say: (message: FromThread) => say(message),
    fail: (error: Error) => fail(error),
    isOver: () => isOver,
  };
}

describe('BFD in another thread', () => {
  test('tells who asked what the thread says, and reads its counters', () => {
    const { bfd, told, say } = puppet();
    let changes = 0;
    const handle = bfd.open({ remote, timing }, () => changes++);
    const [open] = told;
    if (open?.type !== 'open') throw new Error('nothing was opened');
    expect(open).toMatchObject({ remote: 'fe80::1%eth0', timing });
    open.counters.set([3, 2, 1]);
    say({ type: 'status', remote: 'fe80::1%eth0', status: { ...statusAtFirst, state: 'up' } });
    expect(changes).toBe(1);
    expect(handle.status.state).toBe('up');
    expect(handle.counters).toEqual({ sent: 3, received: 2, discarded: 1 });
  });

  test('two that ask for the same neighbor share a session, at the quickest that either wants', () => {
    const { bfd, told } = puppet();
    const first = bfd.open({ remote, timing }, () => undefined);
    const second = bfd.open({ remote, timing: { ...timing, desiredMinTx: 50_000 } }, () => undefined);
    second.close();
    second.close();
    first.close();
    expect(told.map(({ type }) => type)).toEqual(['open', 'change', 'change', 'close']);
    expect(told[1]).toMatchObject({ timing: { desiredMinTx: 50_000, requiredMinRx: 200_000 } });
    expect(told[2]).toMatchObject({ timing });
  });

  test('ends in good order', async () => {
    const { bfd, told, isOver } = puppet();
    bfd.open({ remote, timing }, () => undefined);
    await bfd.close();
    expect(told.at(-1)).toEqual({ type: 'end' });
    expect(isOver()).toBe(true);
  });

  test('a thread that fails is a problem, and no neighbor that is gone', () => {
    const { bfd, say, fail } = puppet();
    let changes = 0;
    const handle = bfd.open({ remote, timing }, () => changes++);
    say({ type: 'status', remote: 'fe80::1%eth0', status: { ...statusAtFirst, state: 'up' } });
    fail(new Error('no memory'));
    expect(changes).toBe(2);
    expect(handle.status).toMatchObject({ state: 'down', problem: 'BFD does not run: no memory' });
  });
});
