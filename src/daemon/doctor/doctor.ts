import type { Config } from '../config/schema.ts';
import { kernelChecks } from './kernel.ts';
import { linkChecks } from './links.ts';
import { processChecks } from './process.ts';
import { type Check, daemonCheck, type Finding, type LocalNeighbor, type Running, type System } from './types.ts';

/** In the order in which they are worth fixing. */
export const checks: readonly Check[] = [...processChecks, ...linkChecks, ...kernelChecks];

/** What on this machine stops the routes of a configuration, and the peers that a daemon has beside it, from working. */
export async function examine(config: Config, running: Running, system: System): Promise<readonly Finding[]> {
  const configured = config.instances.flatMap(({ global: { asn: localAsn }, neighbors }) =>
    neighbors.map((neighbor): LocalNeighbor => ({ ...neighbor, localAsn })),
  );
  const others = running.answers ? beside(configured, running.neighbors) : [];
  const subject = { system, config, neighbors: [...configured, ...others] };
  const findings = await Promise.all(
    checks.map(async (check): Promise<Finding> => {
      const problems = await check.find(subject);
      const note = check.note?.(system);
      const about = { check: check.name, ...(note !== undefined && { note }) };
      if (problems === undefined) return { ...about, result: 'skipped', problems: [] };
      const worst = problems.find(({ severity }) => severity === 'error') ?? problems[0];
      return { ...about, result: worst?.severity ?? 'ok', problems };
    }),
  );
  return [daemonFinding(running, others), ...findings];
}

/** As the file has it, which is what the next start or SIGHUP takes, is how a peer in both is looked at. */
function beside(configured: readonly LocalNeighbor[], running: readonly LocalNeighbor[]): readonly LocalNeighbor[] {
  const known = new Set(configured.map(({ address }) => `${address}`));
  return running.filter(({ address }) => !known.has(`${address}`));
}

function daemonFinding(running: Running, others: readonly LocalNeighbor[]): Finding {
  if (!running.answers) {
    const note = `only the peers of the configuration are looked at: ${running.reason}`;
    return { check: daemonCheck, result: 'skipped', problems: [], note };
  }
  const note =
    others.length === 0
      ? 'it has no peer that is not in the configuration'
      : `peers that are not in the configuration: ${others.map(({ name, address }) => name || `${address}`).join(', ')}`;
  return { check: daemonCheck, result: 'ok', problems: [], note };
}
