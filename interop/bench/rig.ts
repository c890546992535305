import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lab } from '../lab/lab.ts';
import type { LabNode } from '../lab/node.ts';
import { repository } from '../lab/paths.ts';
import { firstRoute } from './routes.ts';
import { Sink } from './sink.ts';
import { type Load, patience, type Speaker, type Started, speakerAddress } from './speaker.ts';
import { within } from './within.ts';

/** Where the labs of this process have their logs; gone when it ends. The nodes themselves end with their runner. */
const scratch = mkdtempSync(join(tmpdir(), 'herald-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** One speaker with its routes loaded, and a node for the sink beside it. */
export interface Rig {
  readonly speaker: Started;
  /** Where the speaker runs, and where sinks do. */
  readonly nodes: { readonly speaker: LabNode; readonly sink: LabNode };
  /** Starts the sink: from here on there can be a session. */
  readonly listen: (target: number, options?: { readonly each?: boolean; readonly slow?: boolean }) => Promise<Sink>;
  /** Starts the sink as one that announces routes. */
  readonly feed: (routes: number, sets: number) => Promise<Sink>;
  /** Starts a crowd that dials the speaker, each to have so many routes. */
  readonly crowd: (routes: number) => Promise<Sink>;
  /** The resident memory of all processes of the speaker, in MB (10^6 octets). */
  readonly resident: () => number;
}

/** Brings a rig up, lets `use` have it, and takes it down again whatever happens. */
export async function withRig<T>(
  speaker: Speaker,
  routes: number,
  use: (rig: Rig) => Promise<T>,
  load: Load = {},
): Promise<T> {
  const seconds = patience(routes);
  const { peers = 0 } = load;
  const lab = await within(
    seconds,
    'the lab',
    Lab.deploy(join(repository, 'interop', 'bench', 'bench.clab.yml'), {
      env: { IMAGE: speaker.image },
      directory: mkdtempSync(join(scratch, 'lab-')),
    }),
  );
  let started: Started | undefined;
  try {
    const what = `${speaker.title} to load ${routes} routes`;
    started = await within(seconds, what, speaker.start(lab.node('speaker'), routes, load));
    return await use({
      speaker: started,
      nodes: { speaker: lab.node('speaker'), sink: lab.node('sink') },
      listen: (target, options = {}) =>
        Sink.start(lab.node('sink'), {
          ...(speaker.dials === 'sink' && { dial: speakerAddress }),
          target,
          seconds,
          ...options,
        }),
      feed: (count, sets) =>
        Sink.feed(lab.node('sink'), {
          dial: speakerAddress,
          first: firstRoute,
          routes: count,
          sets,
          seconds: patience(count),
        }),
      crowd: (count) =>
        Sink.crowd(
          { speaker: lab.node('speaker'), sink: lab.node('sink') },
          {
            dial: speakerAddress,
            peers,
            atOnce: speaker.backlog ?? peers,
            first: firstRoute,
            routes: count,
            seconds: patience(count * Math.sqrt(peers)),
          },
        ),
      resident: () => resident(lab.node('speaker')),
    });
  } catch (error) {
    const log = lab.node('speaker').logs().slice(-4000);
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${speaker.title}: ${message}\n${log}`, { cause: error });
  } finally {
    started?.originator?.close();
    await lab.destroy();
  }
}

/** Of all processes in the node but the one that holds it, and the `sleep` that this one runs. */
function resident(node: LabNode): number {
  const namespace = readlinkSync(`/proc/${node.handle.pid}/ns/pid`);
  let kilobytes = 0;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === node.handle.pid) continue;
    try {
      if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (/^Name:\s+sleep$/m.test(status)) continue;
      kilobytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return (kilobytes * 1024) / 1e6;
}
