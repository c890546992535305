import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiEndpoint, formatEndpoint } from '../api/endpoint.ts';
import { BindError, codeOf } from '../api/socket.ts';
import { type Measured, Metrics, type ReconcileObserver } from './telemetry-metrics.ts';

/** Milliseconds that a client has for its request. */
const patience = 5000;

/** More than a scraper, its twin and the kubelet's probes ever have open. */
const mostConnections = 64;

type TcpEndpoint = Extract<ApiEndpoint, { kind: 'tcp' }>;

export interface TelemetryOptions extends Measured {
  /** The configuration is applied and every listener is bound. */
  readonly isReady: () => boolean;
  /** Told of what is nobody's mistake but ours. */
  readonly report: (error: unknown) => void;
}

export interface Telemetry extends ReconcileObserver {
  /** As bound: port 0 has become the one that the kernel chose. */
  readonly endpoint: TcpEndpoint;
  close(): Promise<void>;
}

/** Serves /metrics for Prometheus, and /healthz and /readyz for probes, over HTTP. Throws BindError. */
export async function serveTelemetry(listen: TcpEndpoint, options: TelemetryOptions): Promise<Telemetry> {
  const metrics = new Metrics(options);
  const server = createServer({ headersTimeout: patience, requestTimeout: patience }, (request, response) => {
    answer(request, response, metrics, options).catch((error: unknown) => {
      options.report(error);
      response.writeHead(500).end('the metrics could not be collected\n');
    });
  });
  server.maxConnections = mostConnections;
  await bind(server, listen);
  return {
    endpoint: { ...listen, port: (server.address() as AddressInfo).port },
    observeReconcile: (instance, seconds) => metrics.observeReconcile(instance, seconds),
    countReconcileError: (instance) => metrics.countReconcileError(instance),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  { isReady }: TelemetryOptions,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end('only GET and HEAD\n');
    return;
  }
  const [path] = url.split('?');
  switch (path) {
    case '/metrics': {
      const text = await metrics.scrape();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
      return;
    }
    case '/healthz':
      response.writeHead(200).end('ok\n');
      return;
    case '/readyz':
      if (isReady()) response.writeHead(200).end('ready\n');
      else response.writeHead(503).end('not ready: the daemon is starting or stopping\n');
      return;
    default:
      response.writeHead(404).end('there are /metrics, /healthz and /readyz\n');
  }
}

async function bind(server: Server, listen: TcpEndpoint): Promise<void> {
  try {
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
  } catch (error) {
    throw new BindError(`telemetry ${formatEndpoint(listen)}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return 'the address is in use by another process; stop it or choose another telemetry.listen';
    case 'EACCES':
      return 'this user may not listen there; choose a port of 1024 or more';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address; correct telemetry.listen';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no address is known for that name; correct telemetry.listen';
    default:
      return (error as Error).message;
  }
}
