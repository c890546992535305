import type { SessionCounters } from './types.ts';

export type MutableCounters = { -readonly [K in keyof SessionCounters]: SessionCounters[K] };

export function newCounters(): MutableCounters {
  return {
    opensSent: 0,
    opensReceived: 0,
    updatesSent: 0,
    updatesReceived: 0,
    keepalivesSent: 0,
    keepalivesReceived: 0,
    notificationsSent: 0,
    notificationsReceived: 0,
    routeRefreshesSent: 0,
    routeRefreshesReceived: 0,
    established: 0,
    collisions: 0,
    malformedUpdates: 0,
  };
}
