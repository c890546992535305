import type { SocketCalls, SysAvailability, SysSockets } from './calls.ts';
import { koffiCalls } from './koffi.ts';
import { nodeFfiCalls } from './node-ffi.ts';

const backEnds: readonly (() => SocketCalls)[] = [koffiCalls, nodeFfiCalls];

/** Tries one after the other, once. */
export function sysSockets(load: readonly (() => SocketCalls)[], platform: string = process.platform): SysSockets {
  let found: SysAvailability | undefined;
  return {
    available() {
      found ??= platform === 'linux' ? firstOf(load) : { ok: false, reason: `this is ${platform}` };
      return found;
    },
  };
}

/** Those of this machine. */
export const systemSockets: SysSockets = sysSockets(backEnds);

function firstOf(load: readonly (() => SocketCalls)[]): SysAvailability {
  const reasons: string[] = [];
  for (const calls of load) {
    try {
      return { ok: true, calls: calls() };
    } catch (error) {
      reasons.push(firstLine(error));
    }
  }
  return { ok: false, reason: reasons.join('; ') };
}

/** Node lists after it who asked for a module. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
