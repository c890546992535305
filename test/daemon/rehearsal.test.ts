import { expect, test } from 'vitest';
import { createLog } from '../../src/daemon/log.ts';
import { rehearse } from '../../src/daemon/rehearsal.ts';
import type { Network } from '../../src/session/ports.ts';
import { tcpNetwork } from '../../src/transport/tcp.ts';

const lines: string[] = [];
const log = createLog('info', 'json', { write: (line) => void lines.push(line) });

test('two speakers meet on the loopback interface, and one has the routes of the other', async () => {
  expect(await rehearse(log)).toBe(200);
  expect(lines.filter((line) => line.includes('session established'))).toHaveLength(2);
});

test('where nobody can listen there is no rehearsal', async () => {
  const listen = () => Promise.reject(new Error('EADDRNOTAVAIL'));
  expect(await rehearse(log, { ...tcpNetwork, listen })).toBe(0);
});

test('where nobody answers it ends by itself, and nobody listens any more', async () => {
  let opened = 0;
  let closed = 0;
  const listen: Network['listen'] = async (options) => {
    // Whoever connects is left alone.
    const listener = await tcpNetwork.listen(options, () => undefined);
    const close = () => {
      closed++;
      return listener.close();
    };
    opened++;
    return { local: listener.local, close };
  };
  expect(await rehearse(log, { ...tcpNetwork, listen })).toBe(0);
  expect([opened, closed]).toEqual([1, 1]);
});
