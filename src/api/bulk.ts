import type { ServerReadableStream } from '@grpc/grpc-js';
import type {
  AdvertisePathsRequest,
  AdvertisePathsResponse,
  WithdrawPathsRequest,
  WithdrawPathsResponse,
} from '../gen/herald/v1/router_service.ts';
import { pathSpecOf } from './build.ts';
import { InvalidRequest } from './errors.ts';
import { toAttributes, toNextHop } from './from-proto/path.ts';
import { type Instance, type Instances, resolveInstance } from './instances.ts';
import type { Journal } from './journal.ts';
import { toNlri } from './nlri.ts';
import { Turns } from './turns.ts';

/** Applies each message as it arrives: all of it, or nothing when it is wrong, which ends the call. */
export async function advertisePaths(
  call: ServerReadableStream<AdvertisePathsRequest, AdvertisePathsResponse>,
  instances: Instances,
  journal?: Journal,
): Promise<AdvertisePathsResponse> {
  let advertised = 0;
  const messages = await each(call, instances, ({ name, router }, request) => {
    const attributes = toAttributes(request.attributes);
    const nextHop = toNextHop(request.nextHop);
    const nlri = toNlri(request);
    const specs = nlri.map((some) => pathSpecOf(some, attributes, nextHop));
    for (const spec of specs) advertised += router.advertiseBulk(spec);
    return journal?.pathsAdvertised(name, router, request, nlri);
  });
  return { advertised: BigInt(advertised), messages: BigInt(messages) };
}

/** As `advertisePaths`. */
export async function withdrawPaths(
  call: ServerReadableStream<WithdrawPathsRequest, WithdrawPathsResponse>,
  instances: Instances,
  journal?: Journal,
): Promise<WithdrawPathsResponse> {
  let withdrawn = 0;
  const messages = await each(call, instances, ({ name, router }, request) => {
    const nlri = toNlri(request);
    for (const some of nlri) withdrawn += router.withdrawPrefixes(some.family, some);
    return journal?.pathsWithdrawn(name, router, nlri);
  });
  return { withdrawn: BigInt(withdrawn), messages: BigInt(messages) };
}

/**
 * Applies every message of a client stream and counts them. The next one is read from the connection only when this one is done,
 * so that a fast client is held back by HTTP/2's flow control instead of filling memory. One message is being kept while the next
 * one is applied.
 */
async function each<Request extends { readonly instance: string }>(
  call: ServerReadableStream<Request, unknown>,
  instances: Instances,
  apply: (instance: Instance, request: Request) => Promise<void> | undefined,
): Promise<number> {
  const turns = new Turns();
  let messages = 0;
  let chosen: Instance | undefined;
  let kept: Promise<void> | undefined;
  for await (const request of call as AsyncIterable<Request>) {
    messages++;
    try {
      if (chosen === undefined) {
        chosen = resolveInstance(instances, request.instance);
      } else if (request.instance !== '' && request.instance !== chosen.name) {
        const description = `the stream is for instance ${chosen.name}; it cannot change`;
        throw new InvalidRequest([{ field: 'instance', description }]);
      }
      const keeping = apply(chosen, request);
      // Whether it was kept is asked for later: until then nobody listens.
      keeping?.catch(() => undefined);
      await kept;
      kept = keeping;
    } catch (error) {
      throw error instanceof InvalidRequest ? error.inMessage(messages) : error;
    }
    await turns.give();
  }
  await kept;
  return messages;
}
