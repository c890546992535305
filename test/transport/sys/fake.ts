import type { SocketCalls, SysSockets } from '../../../src/transport/sys/calls.ts';

/** A machine without native code. */
export const without: SysSockets = { available: () => ({ ok: false, reason: "Cannot find module 'koffi'" }) };

/** A kernel that takes every call, but for one option. */
export function fakeCalls(refusal?: {
  readonly refuse: readonly [level: number, name: number];
  readonly with: number;
}) {
  let open = 0;
  const calls: SocketCalls = {
    socket: () => 100 + open++,
    bind: () => 0,
    setsockopt: (_fd, level, name) =>
      refusal !== undefined && level === refusal.refuse[0] && name === refusal.refuse[1] ? refusal.with : 0,
    getsockopt: () => 0,
    attachFilter: () => 0,
    replace: (_from, to) => to,
    close: () => {
      open--;
      return 0;
    },
    interfaceIndex: () => 1,
  };
  const sys: SysSockets = { available: () => ({ ok: true, calls }) };
  return { calls, sys, opened: () => open };
}
