import type { Address } from '../ip/address.ts';
import type { Clock } from '../session/ports.ts';
import type { Family } from '../wire/family.ts';
import type { Route, RouteEvent, RouteFilter } from './types.ts';

type Listener = (events: readonly RouteEvent[]) => void;

/** What happened to routes of one table and family. */
export interface RouteNews {
  readonly type: RouteEvent['type'];
  readonly table: RouteEvent['table'];
  readonly family: Family;
  /** Absent for the Loc-RIB. */
  readonly neighbor?: Address;
  readonly routes: readonly Route[];
}

/** Those who want to hear of routes. While nobody does, nothing is made to tell. */
export class RouteWatchers {
  readonly #clock: Clock;
  readonly #watchers = new Set<{ readonly filter: RouteFilter; readonly listener: Listener }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls the listener for each event from now on; returns how to stop. */
  add(filter: RouteFilter, listener: Listener): () => void {
    const watcher = { filter, listener };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  wants(table: RouteEvent['table']): boolean {
    for (const { filter } of this.#watchers) if (filter.table === table) return true;
    return false;
  }

  tell({ type, table, family, neighbor, routes }: RouteNews): void {
    const at = this.#clock.date();
    const events = routes.map((route) => ({ type, table, at, route, ...(neighbor && { neighbor }) }));
    for (const { filter, listener } of this.#watchers) {
      if (filter.table !== table) continue;
      if (filter.family !== undefined && filter.family !== family) continue;
      if (filter.neighbor !== undefined && (neighbor === undefined || !filter.neighbor.equals(neighbor))) continue;
      listener(events);
    }
  }
}
