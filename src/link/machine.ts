import type { Clock, Entropy } from '../session/ports.ts';
import { Discovery, type OpenPort } from './discovery.ts';
import type { InterfaceState } from './interfaces.ts';
import type { LinkChange, Links, RouterSearch } from './links.ts';
import { LinkMonitor, type OpenSource } from './monitor.ts';

/** What the links of a machine are made from. */
export interface LinkWorld {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly look: () => ReadonlyMap<string, InterfaceState>;
  readonly openSource: OpenSource;
  readonly openPort: OpenPort;
}

interface Search {
  readonly discovery: Discovery;
  readonly listeners: Set<(search: RouterSearch) => void>;
}

/** The links of one machine: all speakers share one monitor, and one search for each link. Opens nothing before somebody asks. */
export function linksOf(world: LinkWorld): Links {
  const watchers = new Set<(change: LinkChange) => void>();
  const searches = new Map<string, Search>();
  let known: LinkMonitor | undefined;

  const monitor = () => {
    known ??= new LinkMonitor(world.look, world.openSource, world.clock, (change) => {
      searches.get(change.interface)?.discovery.linkChanged(change.state);
      for (const watcher of watchers) watcher(change);
    });
    return known;
  };

  const begin = (name: string): Search => {
    const listeners = new Set<(search: RouterSearch) => void>();
    const discovery = new Discovery(name, { ...world, open: world.openPort }, (search) => {
      for (const listener of listeners) listener(search);
    });
    const search = { discovery, listeners };
    searches.set(name, search);
    discovery.linkChanged(monitor().stateOf(name));
    return search;
  };

  return {
    stateOf: (name) => monitor().stateOf(name),
    watch(listener) {
      monitor();
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    findRouter(name, listener) {
      const search = searches.get(name) ?? begin(name);
      search.listeners.add(listener);
      listener(search.discovery.search);
      return () => {
        search.listeners.delete(listener);
        if (search.listeners.size > 0 || searches.get(name) !== search) return;
        search.discovery.close();
        searches.delete(name);
      };
    },
  };
}
