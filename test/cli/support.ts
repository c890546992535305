import { expect } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import type { Rig } from '../api/rig.ts';
import { herald } from './herald.ts';

/** What a command prints that ends well and has nothing to say beside it. */
export async function lines(at: Rig, ...args: string[]): Promise<string[]> {
  const { code, out, err } = await herald('--server', at.target, ...args);
  expect({ code, err }).toEqual({ code: exitCode.ok, err: '' });
  return out.trimEnd().split('\n');
}

/** A session that is up and a path from the node at the router, three seconds old. */
export async function announce(at: Rig): Promise<void> {
  at.establish();
  const attributes = ['--community', '65001:100', '--large-community', '65001:1:2', '--med', '7'];
  await herald('--server', at.target, 'advertise', '2001:db8:a::/64', ...attributes);
  at.clock.advance(3000);
}
