import type { Case } from './case.ts';
import { besideName, busy } from './cases/busy.ts';
import { peers, sessions, storm } from './cases/crowd.ts';
import { dump, small } from './cases/dump.ts';
import { flap } from './cases/flap.ts';
import { by, growth } from './cases/growth.ts';
import { injectLarge } from './cases/inject.ts';
import { large } from './cases/large.ts';
import { list, listLarge } from './cases/list.ts';
import { receive, receiveLarge } from './cases/receive.ts';
import { setsLarge } from './cases/sets.ts';
import { single } from './cases/single.ts';
import type { Speaker } from './speaker.ts';
import { bird, bird2 } from './speakers/bird.ts';
import { frr } from './speakers/frr.ts';
import { gobgp } from './speakers/gobgp.ts';
import { herald } from './speakers/herald.ts';

/** A figure of Herald's that must be below a limit: in the unit of the metric, or by the best of the others. */
export interface Target {
  readonly case: Case;
  readonly metric: string;
  readonly limit: number;
  readonly others?: readonly Speaker[];
}

/** What Herald is to be, with tables of so many routes and of ten times as many. */
export function targetsOf(routes: number): readonly Target[] {
  const [few, table, million] = [Math.ceil(routes / 10), routes, routes * 10].map((n) => n.toLocaleString('en'));
  const reload = [bird, bird2];
  const bulk = (form: string, byGobgp: number, byReload: number) => [
    than(injectLarge, `announce ${million} routes as ${form}`, byGobgp, gobgp),
    than(injectLarge, `announce ${million} routes as ${form}`, byReload, ...reload),
    than(injectLarge, `withdraw ${million} routes as ${form}`, byGobgp, gobgp),
    than(injectLarge, `withdraw ${million} routes as ${form}`, byReload, ...reload),
  ];
  const received = (what: string) => `first octet sent to ${million} routes in the table, ${what}`;
  return [
    than(small, `TCP accept to the last of ${few} routes`, 1 / 15),
    than(dump, `TCP accept to the last of ${table} routes`, 1 / 15),
    than(large, `TCP accept to the last of ${million} routes`, 1 / 15),
    than(setsLarge, `TCP accept to the last of ${million} routes with ${table} attribute sets`, 1 / 4),
    ...bulk('packed NLRI', 1 / 15, 1 / 5),
    ...bulk('text', 1 / 10, 1 / 3),
    than(receiveLarge, received('one attribute set'), 1 / 3, bird2),
    than(receiveLarge, received('10 routes in each attribute set'), 1 / 2, bird2),
    below(receiveLarge, `more memory with ${million} routes received, one attribute set`, 80),
    below(large, `more memory with ${million} routes announced to one peer`, 100),
    than(peers, `first SYN to ${few} routes at each of 50 peers`, 1, frr),
    than(peers, `first SYN to ${few} routes at each of 500 peers`, 1 / 2),
    than(storm, `first SYN to ${table} routes at each of 500 peers again`, 1 / 2),
    // As much as a reference to the route would take.
    below(storm, 'more memory for each route at each of 500 peers', 4),
    ...['add', 'delete', 'add on an open stream', 'delete on an open stream'].flatMap((change) => [
      than(single, `${change}, p50`, 1, gobgp),
      below(single, `${change}, p99`, 1),
    ]),
    below(busy, `add ${besideName(routes, 10)}, p99`, 20),
    below(busy, `add ${besideName(routes * 10, 1)}, p99`, 20),
    than(sessions, 'first SYN to 1,000 sessions established', 1, gobgp),
    below(sessions, 'memory for each of 1,000 sessions', 14),
    than(listLarge, `${million} routes listed`, 1 / 5, gobgp),
    below(flap, `20 flaps of ${table} routes: the peer has it right`, Number.POSITIVE_INFINITY),
    below(flap, 'changes that were sent', 25),
    // As much as the NLRI of all changes would take.
    below(flap, 'more memory at most', (41 * routes * 9) / 1e6),
    ...['dump', 'receive'].flatMap((what) => steady(what, [routes / 10, routes, routes * 10, routes * 40])),
    ...['announce as packed NLRI', 'withdraw as packed NLRI', 'announce as text', 'withdraw as text', 'list'].flatMap(
      (what) => steady(what, [routes / 10, routes, routes * 10]),
    ),
    ...steady('one add, p50', [routes / 100, routes * 10]),
  ];
}

/** What it must not fall back behind, on any machine and beside any other work: ratios alone, with more than twice as much room as it needs. */
export function guardOf(routes: number): readonly Target[] {
  const table = routes.toLocaleString('en');
  return [
    than(dump, `TCP accept to the last of ${table} routes`, 0.8, bird),
    than(receive, `first octet sent to ${table} routes in the table, one attribute set`, 0.9, bird),
    than(list, `${table} routes listed`, 0.9, gobgp),
  ];
}

/** As much for each route of a table as of the next smaller one, or less. */
function steady(what: string, sizes: readonly number[]): readonly Target[] {
  return sizes.slice(1).map((size, i) => below(growth, by(what, size, Math.ceil(sizes[i] ?? 0)), 1.15));
}

function below(one: Case, metric: string, limit: number): Target {
  return { case: one, metric, limit };
}

/** Without `others`: than the best of all. */
function than(one: Case, metric: string, limit: number, ...others: readonly Speaker[]): Target {
  return {
    case: one,
    metric,
    limit,
    others: others.length > 0 ? others : one.speakers.filter((speaker) => speaker !== herald),
  };
}
