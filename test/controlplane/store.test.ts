import { describe, expect, test } from 'vitest';
import { ResourceStore, type StoreEvent, view } from '../../src/controlplane/store.ts';
import { ciliumNode, peerConfig, secret, service } from './plan/support.ts';

const api = { kind: 'api' } as const;
const start = Date.UTC(2026, 0, 1);

function setUp() {
  let now = start;
  const store = new ResourceStore(() => new Date(now));
  const events: string[] = [];
  store.watch((some) => events.push(...some.map(({ type, stored }) => `${type} ${stored.key.name}`)));
  return { store, events, pass: (seconds: number) => (now += seconds * 1000) };
}

const tor = { kind: 'CiliumBGPPeerConfig', name: 'tor' } as const;

describe('a store', () => {
  test('says what putting a resource does, and counts generations and versions', () => {
    const { store, pass, events } = setUp();
    expect(store.outcomeOf(peerConfig('tor'))).toBe('created');
    const first = store.put(peerConfig('tor'), api);
    pass(60);
    expect(store.outcomeOf(peerConfig('tor'))).toBe('unchanged');
    expect(store.put(peerConfig('tor'), api)).toBe(first);
    const changed = peerConfig('tor', { ebgpMultihop: 3 });
    expect(store.outcomeOf(changed)).toBe('configured');
    const second = store.put(changed, api);
    expect(second).toMatchObject({ generation: 2, createdAt: '2026-01-01T00:00:00Z' });
    expect(second.resourceVersion).toBeGreaterThan(first.resourceVersion);
    expect(store.remove(tor)).toBe(true);
    expect(store.remove(tor)).toBe(false);
    expect(events).toEqual(['added tor', 'modified tor', 'deleted tor']);
  });

  test('counts no generation for metadata and status', () => {
    const { store } = setUp();
    store.put(peerConfig('tor'), api);
    const { metadata, ...rest } = peerConfig('tor');
    expect(store.put({ ...rest, metadata: { ...metadata, labels: { a: 'b' } } }, api).generation).toBe(1);
    store.write(tor, { status: { conditions: [] } });
    expect(store.get(tor)?.generation).toBe(1);
  });

  test('keeps what is written when the resource changes, and tells of it once', () => {
    const { store, events } = setUp();
    store.put(peerConfig('tor'), api);
    store.write(tor, { status: { conditions: [] } });
    store.write(tor, { status: { conditions: [] } });
    store.put(peerConfig('tor', { ebgpMultihop: 3 }), api);
    expect(events).toEqual(['added tor', 'modified tor', 'modified tor']);
    expect(store.get(tor)?.current).toMatchObject({ spec: { ebgpMultihop: 3 }, status: { conditions: [] } });
  });

  test('writes what pools gave into the spec of a node', () => {
    const { store } = setUp();
    const key = store.put(ciliumNode(), api).key;
    store.write(key, { allocated: [{ pool: 'p', cidrs: ['10.0.0.0/24'] }] });
    expect(view(store.get(key) as never)).toMatchObject({
      spec: { addresses: [{ ip: '192.0.2.1' }], ipam: { pools: { allocated: [{ pool: 'p' }] } } },
    });
  });

  test('lists by kind, namespace, name and labels', () => {
    const { store } = setUp();
    store.put(service('b', {}, [], { labels: { app: 'x' } }), api);
    store.put(service('a', {}, [], { namespace: 'z', labels: { app: 'x' } }), api);
    store.put(service('a'), api);
    store.put(peerConfig('tor'), api);
    const names = (...args: Parameters<ResourceStore['list']>) =>
      store.list(...args).map(({ key }) => `${key.namespace ?? ''}/${key.name}`);
    expect(names()).toEqual(['/tor', 'default/a', 'default/b', 'z/a']);
    expect(names({ kind: 'Service', namespace: 'default' })).toEqual(['default/a', 'default/b']);
    expect(names({ labels: { matchLabels: { app: 'x' } } })).toEqual(['default/b', 'z/a']);
  });

  test('remembers what happened after a version, for a while', () => {
    const { store } = setUp();
    const before = store.version;
    store.put(peerConfig('a'), api);
    const between = store.version;
    store.put(peerConfig('b'), api);
    const names = (events: readonly StoreEvent[] | undefined) => events?.map(({ stored }) => stored.key.name);
    expect(names(store.since(before))).toEqual(['a', 'b']);
    expect(names(store.since(between))).toEqual(['b']);
    expect(store.since(store.version)).toEqual([]);
    expect(store.since(store.version + 1)).toBeUndefined();
    expect(store.since(before - 1)).toBeUndefined();
    for (let i = 0; i < 2048; i++) store.put(peerConfig('b', { ebgpMultihop: 1 + (i % 200) }), api);
    expect(store.since(between)).toBeUndefined();
    expect(store.since(store.version - 1000)).toHaveLength(1000);
  });

  test('shows no secret', () => {
    const { store } = setUp();
    const stored = store.put(secret('s', { password: 'hunter2' }), api);
    expect(view(stored)).toMatchObject({ data: { password: '[redacted]' } });
    expect(JSON.stringify(view(stored))).not.toContain('hunter2');
  });
});
