import { describe, expect, test } from 'vitest';
import { execJson, inspectJson, inspectTable, type NodeStatus } from '../../interop/lab/report.ts';

const up: NodeStatus = {
  lab: 'rack',
  path: '/labs/rack.clab.yml',
  spec: { name: 'tor', container: 'clab-rack-tor', image: 'frr:10.7.1', kind: 'linux' },
  pid: 42,
  running: true,
};

describe('what the command prints', () => {
  test('inspect as JSON has a list of nodes for each lab', () => {
    expect(inspectJson([up, { ...up, running: false }])).toMatchObject({
      rack: [
        { lab_name: 'rack', name: 'clab-rack-tor', kind: 'linux', image: 'frr:10.7.1', state: 'running' },
        { state: 'exited' },
      ],
    });
  });

  test('inspect as a table has a column per field', () => {
    expect(inspectTable([up])).toBe(
      [
        'LAB   NAME           PID  KIND   IMAGE       STATE',
        'rack  clab-rack-tor  42   linux  frr:10.7.1  running',
      ].join('\n'),
    );
  });

  test('exec has a list of results for each container, with JSON inlined', () => {
    const result = { argv: ['a', 'b'], code: 0, stdout: '{"x":1}', stderr: '' };
    expect(
      execJson([
        ['clab-rack-tor', result],
        ['clab-rack-tor', { ...result, code: 2, stdout: 'no', stderr: 'why' }],
      ]),
    ).toEqual({
      'clab-rack-tor': [
        { cmd: ['a', 'b'], 'return-code': 0, stdout: { x: 1 }, stderr: '' },
        { cmd: ['a', 'b'], 'return-code': 2, stdout: 'no', stderr: 'why' },
      ],
    });
  });
});
