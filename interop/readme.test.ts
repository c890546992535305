import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { run, successful } from './lab/process.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const section = readme.split('## Peer with your own FRR')[1] ?? '';

/** The first code block of a language in the section about FRR. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1];
  if (found === undefined) throw new Error(`the README has no ${language} block`);
  return found;
}

/** The rows of the table, without its layout: a long prefix has its next hop on a line of its own, and link-local addresses are random. */
function rows(text: string): string[] {
  const [, table = ''] = text.split(/Weight Path\s/);
  return (
    table
      .split(/\n(?=Displayed|\n)/)[0]
      ?.split('*>')
      .slice(1)
      .map((row) =>
        row
          .replace(/fe80::[0-9a-f:]+/, 'fe80::')
          .replace(/\s+/g, ' ')
          .trim(),
      ) ?? []
  );
}

describe.each(frrVersions)('what the README says of peering with FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test('those lines and that file end in the table that it prints', async () => {
    const tor = new Frr(lab().node('tor'));
    const worker = lab().node('worker1');
    await new Herald(worker).stop();
    await tor.vtysh('configure terminal', 'no router bgp', ...block('frr').trimEnd().split('\n'));
    worker.write('/tmp/node.yaml', block('yaml'));
    worker.start('readme', ['herald', 'run', '-c', '/tmp/node.yaml']);
    const shown = await until(
      () => tor.vtysh('show bgp ipv6'),
      (text) => rows(text).length === 2,
      { what: 'two prefixes in the table of the router' },
    );
    expect(rows(shown)).toEqual(rows(block('text')));
    await worker.process('readme').stop('SIGTERM');
  });
});

test('the line that imports the library finds what it names in the package as it is built', async () => {
  const [line = '', names = ''] = /import \{ (.*) \} from 'herald'/.exec(readme) ?? [];
  const script = `${line}; console.log([${names}].map((found) => typeof found).join())`;
  const { stdout } = successful(await run([process.execPath, '--input-type=module', '--eval', script]));
  expect(stdout).toBe('function,function\n');
});
