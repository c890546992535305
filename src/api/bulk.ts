import type { ServerReadableStream } from '@grpc/grpc-js';
import type {
  AdvertisePathsRequest,
  AdvertisePathsResponse,
  WithdrawPathsRequest,
  WithdrawPathsResponse,
} from '../gen/herald/v1/router_service.ts';
import { pathSpecOf } from './build.ts';
import { InvalidRequest } from './errors.ts';
import { toAttributes, toNextHop } from './from-proto.ts';
import { type Instance, type Instances, type Router, resolveInstance } from './instances.ts';
import { toNlri } from './nlri.ts';
import { Turns } from './turns.ts';

/** Applies each message as it arrives: all of it, or nothing when it is wrong, which ends the call. */
export async function advertisePaths(
  call: ServerReadableStream<AdvertisePathsRequest, AdvertisePathsResponse>,
  instances: Instances,
): Promise<AdvertisePathsResponse> {
  let advertised = 0;
  const messages = await each(call, instances, (router, request) => {
    const attributes = toAttributes(request.attributes);
    const nextHop = toNextHop(request.nextHop);
    const specs = toNlri(request).map((nlri) => pathSpecOf(nlri, attributes, nextHop));
    for (const spec of specs) advertised += router.advertiseBulk(spec);
  });
  return { advertised: BigInt(advertised), messages: BigInt(messages) };
}

/** As `advertisePaths`. */
export async function withdrawPaths(
  call: ServerReadableStream<WithdrawPathsRequest, WithdrawPathsResponse>,
  instances: Instances,
): Promise<WithdrawPathsResponse> {
  let withdrawn = 0;
  const messages = await each(call, instances, (router, request) => {
    for (const nlri of toNlri(request)) withdrawn += router.withdrawPrefixes(nlri.family, nlri);
  });
  return { withdrawn: BigInt(withdrawn), messages: BigInt(messages) };
}

/**
 * Applies every message of a client stream and counts them. The next one is read from the connection only when this one is done,
 * so that a fast client is held back by HTTP/2's flow control instead of filling memory.
 */
async function each<Request extends { readonly instance: string }>(
  call: ServerReadableStream<Request, unknown>,
  instances: Instances,
  apply: (router: Router, request: Request) => void,
): Promise<number> {
  const turns = new Turns();
  let messages = 0;
  let chosen: Instance | undefined;
  for await (const request of call as AsyncIterable<Request>) {
    messages++;
    try {
      if (chosen === undefined) {
        chosen = resolveInstance(instances, request.instance);
      } else if (request.instance !== '' && request.instance !== chosen.name) {
        const description = `the stream is for instance ${chosen.name}; it cannot change`;
        throw new InvalidRequest([{ field: 'instance', description }]);
      }
      apply(chosen.router, request);
    } catch (error) {
      throw error instanceof InvalidRequest ? error.inMessage(messages) : error;
    }
    await turns.give();
  }
  return messages;
}
