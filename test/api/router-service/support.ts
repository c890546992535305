import { type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { messages, violationsOf } from '../../../src/api/client.ts';
import { GetRoutesRequest } from '../../../src/gen/herald/v1/router_service.ts';
import type { Route } from '../../../src/gen/herald/v1/types.ts';
import type { Rig } from '../rig.ts';

/** The error of a call that must fail. */
export async function refusal(answer: Promise<unknown>): Promise<ServiceError> {
  const failed = await answer.then(
    () => undefined,
    (error: unknown) => error as ServiceError,
  );
  if (failed === undefined) throw new Error('the call did not fail');
  return failed;
}

/** What a call that must fail says is wrong with its fields. */
export async function violations(answer: Promise<unknown>): Promise<string[]> {
  const error = await refusal(answer);
  expect(error.code).toBe(status.INVALID_ARGUMENT);
  return violationsOf(error.metadata).map(({ field, description }) => `${field}: ${description}`);
}

/** A whole table. */
export async function routesOf(
  { client }: Rig,
  request: Parameters<typeof GetRoutesRequest.fromPartial>[0],
): Promise<Route[]> {
  const found: Route[] = [];
  for await (const batch of messages(client.getRoutes(GetRoutesRequest.fromPartial(request)))) {
    found.push(...batch.routes);
  }
  return found;
}
