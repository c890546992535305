import { describe, expect, test } from 'vitest';
import { createLog, type LogFormat } from '../../src/daemon/log.ts';

function written(format: LogFormat, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  write(createLog('info', format, { write: (line) => void lines.push(line) }));
  return lines;
}

describe('the log', () => {
  test('has one JSON object a line, with the level by name', () => {
    const [line = ''] = written('json', (log) => log.info({ instance: 'a', peer_asn: 65000 }, 'session established'));
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      instance: 'a',
      peer_asn: 65000,
      msg: 'session established',
    });
  });

  test('has one line of text each', () => {
    const [line] = written('pretty', (log) => log.child({ instance: 'a' }).warn({ text: 'a b', list: [1] }, 'down'));
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}down instance=a text="a b" list=\[1\]\n$/);
  });

  test('leaves out what is below its level', () => {
    expect(written('json', (log) => log.debug('x'))).toEqual([]);
  });

  test.each(['json', 'pretty'] as const)('of %s hides secrets', (format) => {
    const secret = { password: 's3cret', authPassword: 's3cret' };
    const [line] = written(format, (log) => log.info({ ...secret, neighbor: secret, a: { b: secret } }, 'x'));
    expect(line).not.toContain('s3cret');
    expect(line).toContain('[redacted]');
  });
});
