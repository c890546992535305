import type { Server } from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  type ServerReflectionServer,
  ServerReflectionService,
} from '../gen/grpc/reflection/v1/reflection.ts';
import { serviceError } from './errors.ts';
import type { Report } from './handlers.ts';
import type { Reflection } from './reflection.ts';

/** Server reflection, v1 and v1alpha. The descriptors are parsed at the first call: reflection is for people, who wait longer than a start may. */
export function addReflection(server: Server, report: Report): void {
  let reflection: Promise<Reflection> | undefined;
  const handlers: ServerReflectionServer = {
    serverReflectionInfo: (call) => {
      call.on('error', () => call.end());
      reflection ??= load();
      reflection.then(
        (known) => {
          call.on('data', (request: ServerReflectionRequest) => call.write(known.answer(request)));
          call.on('end', () => call.end());
        },
        (error: unknown) => call.emit('error', serviceError(error, report)),
      );
    },
  };
  const { serverReflectionInfo } = ServerReflectionService;
  const path = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';
  server.addService(ServerReflectionService, handlers);
  server.addService({ serverReflectionInfo: { ...serverReflectionInfo, path } }, handlers);
}

async function load(): Promise<Reflection> {
  const [{ Reflection }, { fileDescriptorSet }] = await Promise.all([
    import('./reflection.ts'),
    import('../gen/descriptor.ts'),
  ]);
  return new Reflection(fileDescriptorSet);
}
