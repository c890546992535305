import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Lab } from './lab.ts';

/** The FRR versions that every scenario runs against. */
export const frrVersions = ['10.7.1', '8.4.4'] as const;

/**
 * Deploys a lab for the tests of the enclosing `describe` and ends it after them. When a test fails, prints the logs of
 * every node; a process that ended by itself is a failure. `file` is relative to the test that calls it, whose `import.meta.url` comes first.
 */
export function useLab(test: string, file: string, env: Readonly<Record<string, string>> = {}): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await Lab.deploy(join(dirname(fileURLToPath(test)), file), { env });
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(lab?.logs());
    for (const node of lab?.nodes ?? [])
      expect(node.crashed(), `processes that ended by themselves on ${node.name}`).toEqual({});
  });
  afterAll(async () => {
    await lab?.destroy();
  });
  return () => {
    if (lab === undefined) throw new Error(`${file} is not deployed yet`);
    return lab;
  };
}
