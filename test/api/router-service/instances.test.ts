import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, rpc, type UnaryMethod } from '../../../src/api/client.ts';
import { StartInstanceRequest } from '../../../src/gen/herald/v1/router_service.ts';
import { type Rig, rig } from '../rig.ts';
import { refusal, violations } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
  return call(at.client, method, request);
}

describe('instances', () => {
  test('are listed, the lab’s too, when none is named', async () => {
    const { instances, version } = await ask(rpc.getBgp, { instance: '' });
    expect(version).toBe('1.2.3');
    expect(instances).toEqual([
      {
        name: 'node',
        lab: false,
        startedAt: new Date('2026-01-01'),
        global: { asn: 65001, routerId: '10.0.0.1', listenPort: undefined, listenAddresses: [] },
      },
      {
        name: 'router',
        lab: true,
        startedAt: new Date('2026-01-01'),
        global: { asn: 65000, routerId: '10.0.0.254', listenPort: 179, listenAddresses: ['2001:db8::ff'] },
      },
    ]);
  });

  test('start and stop', async () => {
    const request = { instance: 'new', global: { asn: 65009, routerId: '10.0.0.9' } };
    await ask(rpc.startInstance, StartInstanceRequest.fromPartial(request));
    expect(at.instances.get('new')?.router.global).toEqual({ asn: 65009, routerId: '10.0.0.9', listenPort: -1 });
    expect((await refusal(ask(rpc.startInstance, StartInstanceRequest.fromPartial(request)))).code).toBe(
      status.ALREADY_EXISTS,
    );
    await ask(rpc.stopInstance, { instance: 'new', fullDestroy: true });
    expect(at.instances.has('new')).toBe(false);
  });

  test('are refused with every fault named', async () => {
    const request = StartInstanceRequest.fromPartial({ instance: 'x', global: { routerId: '::1', listenPort: 70000 } });
    expect(await violations(ask(rpc.startInstance, request))).toEqual([
      'global.asn: must be at least 1',
      'global.router_id: must be a router ID: an IPv4 address other than 0.0.0.0',
      'global.listen_port: must be at most 65535',
    ]);
    expect(await violations(ask(rpc.startInstance, StartInstanceRequest.fromPartial({ instance: 'x' })))).toEqual([
      'global: is required',
    ]);
  });

  test('must be named when there are several, and be there', async () => {
    const global = { asn: 65009, routerId: '10.0.0.9' };
    await ask(rpc.startInstance, StartInstanceRequest.fromPartial({ instance: 'new', global }));
    expect(await refusal(ask(rpc.getPeerState, { instance: '' }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'there are several instances: name one of node, new',
    });
    expect(await refusal(ask(rpc.getPeerState, { instance: 'x' }))).toMatchObject({
      code: status.NOT_FOUND,
      details: 'no instance x; there is node, router, new',
    });
  });
});

test('what goes wrong inside is reported there, and only said to have happened here', async () => {
  at.instances.set('node', {
    ...(at.instances.get('node') as NonNullable<ReturnType<typeof at.instances.get>>),
    router: undefined as never,
  });
  expect((await refusal(ask(rpc.getPeerState, { instance: 'node' }))).code).toBe(status.INTERNAL);
  expect(at.reports).toHaveLength(1);
});
