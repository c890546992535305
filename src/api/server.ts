import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { ControlPlaneServiceService } from '../gen/herald/v1/control_plane_service.ts';
import { RouterServiceService } from '../gen/herald/v1/router_service.ts';
import { controlPlaneHandlers } from './control-plane-handlers.ts';
import { type ApiEndpoint, formatEndpoint } from './endpoint.ts';
import { widenWindows } from './flow-control.ts';
import { Health } from './health.ts';
import { advertisePaths, withdrawPaths } from './packed-requests.ts';
import { addReflection } from './reflection-handlers.ts';
import { type RouterServiceOptions, routerService } from './router-service.ts';
import { serializeRoutes } from './routes-encoder.ts';
import { BindError, codeOf, prepareSocket, removeSocket, restrictSocket } from './socket.ts';

/** The most octets of one request. */
const longestMessage = 16 << 20;

/** Milliseconds that calls have to end by themselves; a watch never does. */
const grace = 1000;

export interface ApiServer {
  /** As bound: port 0 has become the one that the kernel chose. */
  readonly endpoints: readonly ApiEndpoint[];
  /** Says to who asks for the health of the server that it serves; before, that it does not. */
  ready(): void;
  /** Lets calls end, a second at most, then cuts them. */
  close(): Promise<void>;
}

export interface ServeOptions extends RouterServiceOptions {
  /** Asked for by the first call that needs it, and by each after it. Absent: there is none, and no service for it. */
  readonly controlPlane?: () => Promise<ControlPlane>;
}

/** Serves the API on every endpoint, or on none. Throws BindError. */
export async function serve(endpoints: readonly ApiEndpoint[], options: ServeOptions): Promise<ApiServer> {
  // What it would say on standard error, the errors that it gives us say too.
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ 'grpc.max_receive_message_length': longestMessage });
  const health = new Health();
  const { controlPlane, report } = options;
  const services = ['', 'herald.v1.RouterService', ...(controlPlane ? ['herald.v1.ControlPlaneService'] : [])];
  for (const service of services) health.set(service, false);
  const getRoutes = { ...RouterServiceService.getRoutes, responseSerialize: serializeRoutes };
  server.addService({ ...RouterServiceService, advertisePaths, withdrawPaths, getRoutes }, routerService(options));
  if (controlPlane !== undefined)
    server.addService(ControlPlaneServiceService, controlPlaneHandlers(controlPlane, report));
  health.addTo(server);
  addReflection(server, report);

  const bound: ApiEndpoint[] = [];
  const removeSockets = () => {
    for (const endpoint of bound) if (endpoint.kind === 'unix') removeSocket(endpoint.path);
  };
  try {
    for (const endpoint of endpoints) bound.push(await bind(server, endpoint));
    widenWindows(server);
  } catch (error) {
    server.forceShutdown();
    removeSockets();
    throw error;
  }
  return {
    endpoints: bound,
    ready: () => {
      for (const service of services) health.set(service, true);
    },
    close: async () => {
      health.stop();
      await shutdown(server);
      removeSockets();
    },
  };
}

async function bind(server: Server, endpoint: ApiEndpoint): Promise<ApiEndpoint> {
  if (endpoint.kind === 'tcp') return { ...endpoint, port: await bindTarget(server, endpoint) };
  await prepareSocket(endpoint.path);
  await bindTarget(server, endpoint);
  restrictSocket(endpoint.path);
  return endpoint;
}

function bindTarget(server: Server, endpoint: ApiEndpoint): Promise<number> {
  const target = formatEndpoint(endpoint);
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(new BindError(`${target}: ${reasonOf(error)}`, { cause: error }));
    });
  });
}

/** grpc-js puts the operating system's code in the text. */
function reasonOf(error: Error): string {
  const code = /\bE[A-Z]{3,}\b/.exec(error.message)?.[0] ?? codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return 'the address is in use by another process; stop it or choose another';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not listen there; choose a path or port that it may use';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address';
    default:
      return error.message;
  }
}

function shutdown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), grace);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
