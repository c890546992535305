import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { ControlPlaneServiceServer } from '../gen/herald/v1/control_plane_service.ts';
import { handlers, type Report } from './handlers.ts';

/** ControlPlaneService. A speaker that nobody gives resources never loads what they need, which is a quarter of the program. */
export function controlPlaneHandlers(load: () => Promise<ControlPlane>, report: Report): ControlPlaneServiceServer {
  const { unary, serverStream } = handlers(report);
  const calls = async () => {
    const [{ controlPlaneCalls }, controlPlane] = await Promise.all([import('./control-plane-service.ts'), load()]);
    return controlPlaneCalls(controlPlane);
  };
  return {
    apply: unary(async (request) => (await calls()).apply(request)),
    get: unary(async (request) => (await calls()).get(request)),
    list: unary(async (request) => (await calls()).list(request)),
    delete: unary(async (request) => (await calls()).delete(request)),
    watch: serverStream(async (call) => (await calls()).watch(call)),
  };
}
