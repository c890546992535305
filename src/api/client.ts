import { type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { ControlPlaneServiceService } from '../gen/herald/v1/control_plane_service.ts';
import { RouterServiceClient, RouterServiceService } from '../gen/herald/v1/router_service.ts';
import { decodeBadRequest, type FieldViolation, statusDetailsKey } from './bad-request.ts';
import { type ApiEndpoint, formatEndpoint } from './endpoint.ts';

/** The client side of the API. Close it, or the process does not end. */
export function connect(endpoint: ApiEndpoint): RouterServiceClient {
  return new RouterServiceClient(formatEndpoint(endpoint), credentials.createInsecure(), {
    'grpc.max_receive_message_length': 16 << 20,
  });
}

/** The methods of the services, for `call`. */
export const rpc = RouterServiceService;
export const controlPlane = ControlPlaneServiceService;

/** Milliseconds that the answer to a unary call may take. */
const patience = 30_000;

/** A method that takes one request and gives one answer. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: false;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** A unary call as a promise, as in `call(client, rpc.getBgp, { instance: '' })`; rejects with a ServiceError. */
export function call<Request, Response>(
  client: RouterServiceClient,
  { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
  request: Request,
): Promise<Response> {
  const options = { deadline: Date.now() + patience };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      options,
      (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error(`${path} gave no answer`));
      },
    );
  });
}

/** The messages of a server stream; throws a ServiceError. */
export function messages<Response>(stream: ClientReadableStream<Response>): AsyncIterable<Response> {
  return stream;
}

/** The fields that a refused request names. */
export function violationsOf(metadata: Metadata): FieldViolation[] {
  return metadata.get(statusDetailsKey).flatMap((value) => (Buffer.isBuffer(value) ? decodeBadRequest(value) : []));
}
