import { type Server, type ServerWritableStream, status } from '@grpc/grpc-js';
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../gen/grpc/health/v1/health.ts';

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** The standard gRPC health service (Check, List, Watch). The service called '' is the server as a whole. */
export class Health {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #watchers = new Set<Watcher>();

  set(service: string, serving: boolean): void {
    const now = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    if (this.#statuses.get(service) === now) return;
    this.#statuses.set(service, now);
    for (const call of this.#watchers) if (call.request.service === service) call.write({ status: now });
  }

  /** From now on nothing is served. */
  stop(): void {
    for (const service of this.#statuses.keys()) this.set(service, false);
  }

  addTo(server: Server): void {
    const handlers: HealthServer = {
      check: (call, reply) => {
        const found = this.#statuses.get(call.request.service);
        if (found !== undefined) reply(null, { status: found });
        else reply({ code: status.NOT_FOUND, details: `there is no service ${call.request.service}` });
      },
      list: (_call, reply) => {
        const statuses = [...this.#statuses].map(([service, found]) => [service, { status: found }] as const);
        reply(null, { statuses: Object.fromEntries(statuses) });
      },
      watch: (call) => {
        this.#watchers.add(call);
        call.once('cancelled', () => this.#watchers.delete(call));
        call.write({ status: this.#statuses.get(call.request.service) ?? ServingStatus.SERVICE_UNKNOWN });
      },
    };
    server.addService(HealthService, handlers);
  }
}
