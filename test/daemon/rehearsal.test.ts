import { expect, test } from 'vitest';
import { createLog } from '../../src/daemon/log.ts';
import { rehearse } from '../../src/daemon/rehearsal.ts';

test('two speakers meet on the loopback interface, and one has the routes of the other', async () => {
  const lines: string[] = [];
  const log = createLog('info', 'json', { write: (line) => void lines.push(line) });
  expect(await rehearse(log)).toBe(200);
  expect(lines.filter((line) => line.includes('session established'))).toHaveLength(2);
});
