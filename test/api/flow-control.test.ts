import { EventEmitter, once } from 'node:events';
import { connect } from 'node:http2';
import { Server } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { widenWindows } from '../../src/api/flow-control.ts';
import { serve } from '../../src/api/server.ts';

test('a client may send a megabyte ahead, in a stream and on its connection', async () => {
  const server = await serve([{ kind: 'tcp', host: '::1', port: 0 }], {
    instances: { list: () => [], start: () => Promise.resolve(), stop: () => Promise.resolve() },
    version: '1',
    report: () => undefined,
    now: () => new Date(0),
  });
  const [endpoint] = server.endpoints;
  if (endpoint?.kind !== 'tcp') throw new Error('no port');
  const client = connect(`http://[::1]:${endpoint.port}`);
  try {
    for (;;) {
      const [settings] = await once(client, 'remoteSettings');
      if (settings.initialWindowSize === 1 << 20) break;
    }
    await vi.waitUntil(() => client.state.remoteWindowSize === 1 << 20);
  } finally {
    client.close();
    await server.close();
  }
  expect(client.closed).toBe(true);
});

test('a connection that is gone before we look is left alone', () => {
  const below = new EventEmitter();
  const server = new Server();
  Reflect.set(server, 'http2Servers', new Map([[below, {}]]));
  widenWindows(server);
  const refuse = vi.fn<() => void>(() => {
    throw new Error('The session has been destroyed');
  });
  below.emit('session', { destroyed: true, settings: refuse, setLocalWindowSize: refuse });
  expect(refuse).not.toHaveBeenCalled();
});
