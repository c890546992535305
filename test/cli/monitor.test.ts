import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exitCode } from '../../src/cli/exit.ts';
import { monitor } from '../../src/cli/monitor.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { type Rig, rig } from '../api/rig.ts';
import { captured, herald } from './herald.ts';
import { announce } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const ask = (...args: string[]) => herald('--server', at.target, ...args);

describe('monitor', () => {
  const options = (output: 'table' | 'json' | 'yaml') => ({ server: at.target, instance: '', output });

  test('prints what is there, then what happens, until it is stopped', async () => {
    await announce(at);
    const stop = new AbortController();
    const happened = new Set<string>();
    const { out } = await captured(
      () => monitor(['routes'], options('table'), stop.signal),
      (text) => {
        // Each step once, when what is before it was printed.
        const step = (line: string, next: () => void) => {
          if (!text.includes(line) || happened.has(line)) return;
          happened.add(line);
          next();
        };
        step('present node route 2001:db8:a::/64', () => {
          const [path] = [...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })][0]?.paths ?? [];
          setImmediate(() => at.node.withdraw(path?.uuid ?? new Uint8Array()));
        });
        step('withdrawn node route 2001:db8:a::/64', () => stop.abort());
      },
    );
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^2026-01-01T\S+Z present node route 2001:db8:a::\/64 \[\{Origin: i\} .*\]$/),
      expect.stringMatching(/^2026-01-01T\S+Z withdrawn node route 2001:db8:a::\/64$/),
    ]);
  });

  test('prints one JSON object a line', async () => {
    const stop = new AbortController();
    const { out } = await captured(
      () => monitor(['peers'], options('json'), stop.signal),
      () => stop.abort(),
    );
    expect(JSON.parse(out)).toMatchObject({
      at: expect.any(String),
      event: 'present',
      peer: { instance: 'node', name: 'router', 'session-state': 'connect' },
    });
  });

  test('prints a sequence of YAML', async () => {
    const stop = new AbortController();
    const { out } = await captured(
      () => monitor(['peers'], options('yaml'), stop.signal),
      () => stop.abort(),
    );
    expect(parse(out)).toMatchObject([{ event: 'present', peer: { name: 'router' } }]);
  });

  test.each<[string[], string]>([
    [['x'], 'invalid argument: x, expected peers or routes'],
    [['peers', 'x'], 'invalid argument: x, expected nothing more'],
    [['routes', 'advertised'], 'advertised routes cannot be watched; ask for available or received'],
    [['routes', 'received'], 'name the peer whose routes to watch, as in monitor routes received peer 2001:db8::1'],
  ])('with %j is a mistake', async (args, message) => {
    expect(await ask('monitor', ...args)).toEqual({ code: exitCode.usage, out: '', err: `herald: ${message}\n` });
  });
});
