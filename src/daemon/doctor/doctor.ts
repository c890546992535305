import type { Config } from '../config/schema.ts';
import { kernelChecks } from './kernel.ts';
import { linkChecks } from './links.ts';
import { processChecks } from './process.ts';
import type { Check, Finding, System } from './types.ts';

/** In the order in which they are worth fixing. */
export const checks: readonly Check[] = [...processChecks, ...linkChecks, ...kernelChecks];

/** What on this machine stops the routes of a configuration from working. */
export function examine(config: Config, system: System): Promise<readonly Finding[]> {
  const subject = { system, config, neighbors: config.instances.flatMap(({ neighbors }) => neighbors) };
  return Promise.all(
    checks.map(async (check): Promise<Finding> => {
      const problems = await check.find(subject);
      const note = check.note?.(system);
      const about = { check: check.name, ...(note !== undefined && { note }) };
      if (problems === undefined) return { ...about, result: 'skipped', problems: [] };
      const worst = problems.find(({ severity }) => severity === 'error') ?? problems[0];
      return { ...about, result: worst?.severity ?? 'ok', problems };
    }),
  );
}
