import { expect, test } from 'vitest';
import { SessionWatch } from '../../src/controlplane/session-watch.ts';

/** Instances whose sessions can be watched: each start of one is another of the same name. */
function setUp() {
  const running = new Map<string, Set<() => void>>();
  let told = 0;
  const sessions = new SessionWatch(
    (name, listener) => {
      const watchers = running.get(name);
      const watcher = () => listener({} as never);
      watchers?.add(watcher);
      return () => watchers?.delete(watcher);
    },
    () => told++,
  );
  return {
    sessions,
    start: (name: string) => running.set(name, new Set()),
    change: (name: string) => {
      for (const watcher of running.get(name) ?? []) watcher();
    },
    told: async () => {
      await Promise.resolve();
      const count = told;
      told = 0;
      return count;
    },
  };
}

test('what changes together is told once', async () => {
  const { sessions, start, change, told } = setUp();
  start('a');
  start('b');
  sessions.watch(['a', 'b']);
  change('a');
  change('b');
  change('a');
  expect(await told()).toBe(1);
  change('b');
  expect(await told()).toBe(1);
});

test('an instance that another of its name took the place of is watched as that', async () => {
  const { sessions, start, change, told } = setUp();
  start('a');
  sessions.watch(['a']);
  start('a');
  sessions.watch(['a']);
  change('a');
  expect(await told()).toBe(1);
});

test('one that is not named any more is not watched, and none after the end', async () => {
  const { sessions, start, change, told } = setUp();
  start('a');
  start('b');
  sessions.watch(['a', 'b']);
  sessions.watch(['b']);
  change('a');
  expect(await told()).toBe(0);
  sessions.close();
  change('b');
  expect(await told()).toBe(0);
});
