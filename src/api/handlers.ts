import type {
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerReadableStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { serviceError, statusOf } from './errors.ts';

/** Told of what is nobody's mistake but ours. */
export type Report = (error: unknown) => void;

/** Functions as gRPC wants them, of functions as one writes them: what is thrown is what the call ends with. */
export function handlers(report: Report) {
  return {
    unary:
      <Request, Response>(
        answer: (request: Request) => Response | Promise<Response>,
      ): handleUnaryCall<Request, Response> =>
      (call, reply) => {
        Promise.resolve()
          .then(() => answer(call.request))
          .then(
            (response) => reply(null, response),
            (error: unknown) => reply(statusOf(error, report)),
          );
      },

    serverStream:
      <Request, Response>(
        run: (call: ServerWritableStream<Request, Response>) => Promise<void>,
      ): handleServerStreamingCall<Request, Response> =>
      (call) => {
        call.on('error', () => {});
        Promise.resolve()
          .then(() => run(call))
          .then(
            () => call.end(),
            (error: unknown) => call.emit('error', serviceError(error, report)),
          );
      },

    clientStream:
      <Request, Response>(
        run: (call: ServerReadableStream<Request, Response>) => Promise<Response>,
      ): handleClientStreamingCall<Request, Response> =>
      (call, reply) => {
        run(call).then(
          (response) => reply(null, response),
          (error: unknown) => (call.cancelled ? undefined : reply(statusOf(error, report))),
        );
      },
  };
}
