import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lab } from '../lab/lab.ts';
import type { LabNode } from '../lab/node.ts';
import { repository } from '../lab/paths.ts';
import type { Measurement } from './case.ts';
import { OutOfReach, withinReach } from './reach.ts';
import { firstRoute } from './routes.ts';
import { Sink } from './sink.ts';
import { type Load, patience, quietAddress, type Speaker, type Started, speakerAddress } from './speaker.ts';

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
  /** How late a keepalive was at most since the rig is up, if it has a quiet peer. */
  readonly lateness: (during: string) => Promise<readonly Measurement[]>;
}

export interface RigOptions extends Load {
  /** How long it may be used; absent: two minutes. */
  readonly seconds?: number;
  /** With a peer beside the sink that is told nothing, and hears a keepalive each second; not of a speaker that dials. */
  readonly quiet?: boolean;
}

/** Milliseconds between two keepalives to the quiet peer. */
const keepalive = 1000;

/**
 * Brings a rig up, lets `use` have it, and takes it down again whatever happens. Throws OutOfReach when it takes too long, or more memory than
 * there is.
 */
export async function withRig<T>(
  speaker: Speaker,
  routes: number,
  use: (rig: Rig) => Promise<T>,
  { seconds = 120, quiet = false, ...load }: RigOptions = {},
): Promise<T> {
  const { peers = 0 } = load;
  const lab = await Lab.deploy(join(repository, 'interop', 'bench', 'bench.clab.yml'), {
    env: { IMAGE: speaker.image },
    directory: mkdtempSync(join(scratch, 'lab-')),
  });
  let started: Started | undefined;
  try {
    const what = `load ${routes.toLocaleString('en')} routes`;
    started = await withinReach(patience(routes), what, speaker.start(lab.node('speaker'), routes, load));
    const beside = quiet && speaker.dials === 'sink' ? await startQuiet(lab.node('sink')) : undefined;
    const rig: Rig = {
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
          seconds,
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
            seconds,
          },
        ),
      resident: () => resident(lab.node('speaker')),
      lateness: async (during) => (beside === undefined ? [] : [await latenessOf(beside, during)]),
    };
    return await withinReach(seconds, 'finish', use(rig));
  } catch (error) {
    if (error instanceof OutOfReach) throw error;
    const log = lab.node('speaker').logs().slice(-4000);
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n${log}`, { cause: error });
  } finally {
    started?.originator?.close();
    await lab.destroy();
  }
}

async function startQuiet(node: LabNode): Promise<Sink> {
  const quiet = await Sink.quiet(node, { from: quietAddress, dial: speakerAddress, seconds: 30 });
  await quiet.saw('established', 30);
  return quiet;
}

/** A timer may be early (RFC 4271 section 10); what is later than the interval is late. */
async function latenessOf(quiet: Sink, during: string): Promise<Measurement> {
  const { longest, lost } = await quiet.silence();
  const value = Math.max(0, longest - keepalive);
  const note = lost === 0 ? undefined : `session lost ${lost} times`;
  return { metric: `keepalive late at most, ${during}`, unit: 'ms', value, ...(note !== undefined && { note }) };
}

/** Of all processes in the node but the one that holds it, the `sleep` that this one runs, and a sink that gives the speaker its routes. */
function resident(node: LabNode): number {
  const namespace = readlinkSync(`/proc/${node.handle.pid}/ns/pid`);
  let kilobytes = 0;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === node.handle.pid) continue;
    try {
      if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (/^Name:\s+(sleep|sink)$/m.test(status)) continue;
      kilobytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return (kilobytes * 1024) / 1e6;
}
