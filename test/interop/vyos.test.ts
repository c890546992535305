import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { words } from '../../interop/lab/words.ts';
import { readManifests } from '../../src/controlplane/resources/manifests.ts';

const interop = new URL('../../interop/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, interop), 'utf8');
const texts = readdirSync(new URL('vyos', interop)).filter((name) => !name.endsWith('.yaml'));

const page = read('vyos.md');
/** What the page shows below a link to the file. */
const shown = [...page.matchAll(/\]\((vyos\/[^)]+)\)\n\n```\w+\n([^]*?)```/g)].map(([, file = '', text = '']) => ({
  file,
  text,
}));

describe('the page that gives VyOS commands beside the manifests', () => {
  test('shows every file, and only what has a file', () => {
    const files = texts.flatMap((name) => [`vyos/${name}/vyos.commands`, `vyos/${name}/bgp.yaml`]);
    expect(shown.map(({ file }) => file).toSorted()).toEqual(
      [...files, 'vyos/herald.yaml', 'vyos/nodes.yaml'].toSorted(),
    );
    expect(page.match(/^```\w/gm)).toHaveLength(shown.length);
  });

  test.each(shown)('shows $file as it is', ({ file, text }) => {
    expect(text).toBe(read(file));
  });

  test.each(texts)('%s: the manifests have no fault and nothing to warn of', (name) => {
    const files = ['vyos/nodes.yaml', `vyos/${name}/bgp.yaml`].map((file) => ({ file, text: read(file) }));
    expect(readManifests(files)).toMatchObject({ problems: [], warnings: [] });
  });

  test.each(texts)('%s: every value of the commands about routing is in frr.conf', (name) => {
    const rendered = new Set(words(read(`vyos/${name}/frr.conf`)));
    const commands = read(`vyos/${name}/vyos.commands`)
      .split('\n')
      .filter((line) => /^set (protocols|policy) /.test(line));
    // Addresses, interfaces, numbers and names of one's own anywhere, and what is quoted, which comes last.
    const isValue = (word: string) => /::|^eth\d$|^[A-Z][A-Z-]+$|^[\d:]+$/.test(word);
    const values = commands.flatMap((line) => {
      const split = words(line);
      return [...split.filter(isValue), ...(line.endsWith("'") ? split.slice(-1) : [])];
    });
    expect(values.length).toBeGreaterThan(8);
    expect(values.filter((value) => !rendered.has(value))).toEqual([]);
  });
});
