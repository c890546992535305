import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { ground, instance, service } from '../manifests.ts';
import { type Rig, withRig } from '../rig.ts';
import { firstRoute, firstSingleRoute } from '../routes.ts';
import { now, Sink } from '../sink.ts';
import type { Speaker } from '../speaker.ts';
import { Applier, heraldControlPlane, heraldInLittleRoom } from '../speakers/herald-control-plane.ts';
import { median, quantile } from '../statistics.ts';

const advertisements = 4;
const peers = Array.from({ length: 8 }, (_, index) => `fd00:b::1:${index + 1}`);

/** Of Services, for one change among them each. */
const counts = [100, 1_000, 10_000];
const first = 10_000;
const many = 50_000;

/** Before those that count, so that the code is warm. */
const warmUp = 500;
const changes = 200;

/** Seconds that a run has for each step. */
const patience = 120;
/** Milliseconds between the last route and the look, so that no burst is counted as what it takes to stay. */
const settle = 3000;

/** What Services cost Herald's control plane, resources in and UPDATEs out. */
export const services: Case = {
  name: 'services',
  title: `Services over ${advertisements} advertisements to ${peers.length} peers`,
  speakers: [heraldControlPlane],
  runs: 1,
  seconds: 60,
  measure: async () => {
    const measured = [await measureFirst()];
    for (const count of counts) measured.push(...(await measureChange(count)));
    const memory = `resident memory with ${text(many)} Services`;
    return [
      ...measured,
      await measureMemory(memory, heraldControlPlane),
      await measureMemory(`${memory}, the heap bounded to 200 MB`, heraldInLittleRoom),
    ];
  },
};

/** The Services are there, the instance is not: it brings the first plan, the sessions and the UPDATEs. */
function measureFirst(): Promise<Measurement> {
  return withServices(first, async ({ applier, sinks }) => {
    const start = now();
    await applier.apply(instance(peers, advertisements));
    const done = await Promise.all(sinks.map((sink) => sink.saw('done', patience)));
    const established = await Promise.all(sinks.map((sink) => sink.saw('established', patience)));
    const last = Math.max(...done.map(({ ms }) => ms));
    return {
      metric: `${text(first)} Services, first plan to the last UPDATE`,
      unit: 'ms',
      value: last - start,
      note: `sessions up at ${(Math.max(...established.map(({ ms }) => ms)) - start).toFixed(0)} ms`,
    };
  });
}

/** A Service asks for another address: it is taken out of the pool, planned, and announced. */
function measureChange(count: number): Promise<readonly Measurement[]> {
  return withServices(count, async ({ applier, sinks }) => {
    await applier.apply(instance(peers, advertisements));
    await Promise.all(sinks.map((sink) => sink.saw('done', patience)));
    const [watched] = sinks as [Sink];
    const times: number[] = [];
    for (let i = 0; i < warmUp + changes; i++) {
      const start = now();
      const answer = applier.apply([service(i % count, firstSingleRoute + i)]);
      const [{ ms }] = await Promise.all([watched.saw(`announce ${firstSingleRoute + i}`, 5), answer]);
      if (i >= warmUp) times.push(ms - start);
    }
    const name = `one changed Service of ${text(count)}`;
    return [
      { metric: `${name}, p50`, unit: 'ms', value: median(times) },
      { metric: `${name}, p99`, unit: 'ms', value: quantile(times, 0.99) },
    ];
  });
}

function measureMemory(metric: string, speaker: Speaker): Promise<Measurement> {
  return withServices(
    many,
    async ({ applier, sinks, rig }) => {
      await applier.apply(instance(peers, advertisements));
      await Promise.all(sinks.map((sink) => sink.saw('done', patience)));
      await sleep(settle);
      return { metric, unit: 'MB', value: rig.resident() };
    },
    speaker,
  );
}

interface Ready {
  readonly applier: Applier;
  /** Each at an address of its own; the first tells of each route. */
  readonly sinks: readonly Sink[];
  readonly rig: Rig;
}

/** Services that nobody is told of yet, and sinks that wait for the sessions. */
function withServices<T>(
  count: number,
  use: (ready: Ready) => Promise<T>,
  speaker: Speaker = heraldControlPlane,
): Promise<T> {
  return withRig(speaker, 0, async (rig) => {
    const applier = new Applier(rig.nodes.speaker);
    try {
      await applier.apply(ground);
      await applier.apply(Array.from({ length: count }, (_, index) => service(index, firstRoute + index)));
      const sinks: Sink[] = [];
      for (const at of peers) {
        await rig.nodes.sink.exec(['ip', '-6', 'addr', 'add', `${at}/64`, 'dev', 'eth1', 'nodad']);
        sinks.push(
          await Sink.start(rig.nodes.sink, { at, target: count, seconds: patience, each: sinks.length === 0 }),
        );
      }
      await Promise.all(sinks.map((sink) => sink.saw('listening', patience)));
      return await use({ applier, sinks, rig });
    } finally {
      applier.close();
    }
  });
}

function text(count: number): string {
  return count.toLocaleString('en');
}
