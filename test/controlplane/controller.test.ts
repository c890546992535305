import { describe, expect, test } from 'vitest';
import { Controller } from '../../src/controlplane/controller.ts';
import type { BGPPeer } from '../../src/controlplane/resources/types.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { SpeakerError } from '../../src/speaker/error.ts';
import { ipv4Unicast } from '../../src/wire/family.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import {
  advertisement,
  BLUE,
  ciliumNode,
  clusterConfig,
  NODE,
  peer,
  peerConfig,
  RED,
  service,
  serviceAdvertisement,
  World,
} from './plan/support.ts';

const V4 = '192.168.0.1';

function world(peers: readonly BGPPeer[] = [peer('red', RED, 'red'), peer('blue', BLUE, 'blue')]): World {
  const made = new World();
  made.set(ciliumNode(), clusterConfig(peers), peerConfig('red'), peerConfig('blue'));
  return made;
}

const adverts = (to: string) => advertisement(`services-${to}`, [serviceAdvertisement(['LoadBalancerIP'])], to);
const run = (lab: World) => lab.controller.run(lab.plan);
const typesOf = ({ operations }: Awaited<ReturnType<typeof run>>) => operations.map(({ type }) => type);

test('paths and policies are there before the peers that they are for', async () => {
  const lab = world();
  lab.set(adverts('red'), adverts('blue'), service('svc', {}, [V4]));
  await lab.step();
  expect(lab.instances.calls).toEqual([
    'start instance',
    'editRoutePolicies add peer-red-export, add peer-blue-export',
    `advertise ${V4}/32`,
    'addNeighbor red',
    'addNeighbor blue',
  ]);
});

test('paths that differ in their prefixes only go in one request', async () => {
  const lab = world();
  lab.set(adverts('red'), service('a', {}, ['192.168.0.1']), service('b', {}, ['192.168.0.2']));
  await lab.step();
  expect(lab.instances.calls.filter((call) => call.startsWith('advertise'))).toEqual([
    'advertise 192.168.0.1/32 192.168.0.2/32',
  ]);
});

test('a policy is replaced without a moment without it', async () => {
  const lab = world();
  lab.set(adverts('red'), service('a', {}, ['192.168.0.1']));
  await lab.step();
  lab.instances.calls = [];
  lab.set(service('b', {}, ['192.168.0.2']));
  await lab.step();
  expect(lab.instances.calls).toEqual(['editRoutePolicies replace peer-red-export', 'advertise 192.168.0.2/32']);
});

describe('TestRoutePolicySoftReset: only the policies of affected peers change', () => {
  async function settled(): Promise<World> {
    const lab = world();
    lab.set(adverts('red'), adverts('blue'), service('svc', {}, [V4]));
    await lab.step();
    return lab;
  }
  const policiesOf = ({ operations }: Awaited<ReturnType<typeof run>>) =>
    operations.flatMap((operation) => {
      if (operation.type === 'remove-policy') return `remove ${operation.name}`;
      if (operation.type === 'add-policy') return `add ${operation.policy.name}`;
      return operation.type === 'update-policy' ? `update ${operation.policy.name}` : [];
    });

  test('new outbound policies', async () => {
    const lab = world();
    await lab.step();
    lab.set(adverts('red'), service('svc', {}, [V4]));
    expect(policiesOf(await lab.step())).toEqual(['add peer-red-export']);
  });

  test('update of the policy of one peer', async () => {
    const lab = await settled();
    const attributes = { localPreference: 200 };
    lab.set(advertisement('services-blue', [serviceAdvertisement(['LoadBalancerIP'], { attributes })], 'blue'));
    expect(policiesOf(await lab.step())).toEqual(['update peer-blue-export']);
  });

  test('update neighbors (policies of old and new peers)', async () => {
    const lab = await settled();
    lab.set(clusterConfig([peer('red', RED, 'red'), peer('green', BLUE, 'blue')]));
    expect(policiesOf(await lab.step())).toEqual(['remove peer-blue-export', 'add peer-green-export']);
  });

  test('delete one of several (only its peers)', async () => {
    const lab = await settled();
    lab.delete(adverts('red'));
    expect(policiesOf(await lab.step())).toEqual(['remove peer-red-export']);
  });

  test('delete all', async () => {
    const lab = await settled();
    lab.delete(service('svc'));
    expect(policiesOf(await lab.step())).toEqual(['remove peer-red-export', 'remove peer-blue-export']);
  });

  test('many changes are one update for each peer', async () => {
    const lab = await settled();
    for (let i = 0; i < 20; i++) lab.set(service(`more-${i}`, {}, [`192.168.1.${i}`]));
    expect(policiesOf(await lab.step())).toEqual(['update peer-red-export', 'update peer-blue-export']);
  });

  test('no change', async () => {
    const lab = await settled();
    lab.set(service('other', { clusterIP: '10.2.0.1' }));
    expect(policiesOf(await lab.step())).toEqual([]);
  });
});

describe('route-policy-reconciler: insert, no-op, update, partial delete, remove, reinsert; two instances', () => {
  test('each instance has its own policies', async () => {
    const lab = world();
    const config = clusterConfig([peer('red', RED, 'red')]);
    const second = { name: 'second', localASN: 65002, peers: [peer('red', BLUE, 'red')] };
    lab.set({ ...config, spec: { bgpInstances: [...config.spec.bgpInstances, second] } });
    lab.set(adverts('red'), service('a', {}, ['192.168.0.1']), service('b', {}, ['192.168.0.2']));
    const counts = () => ['instance', 'second'].map((name) => Object.keys(lab.statements('red', name)).length);
    await lab.step();
    expect(counts()).toEqual([2, 2]);
    lab.delete(service('a'));
    await lab.step();
    expect(counts()).toEqual([1, 1]);
    lab.delete(service('b'));
    await lab.step();
    expect(counts()).toEqual([0, 0]);
    lab.set(service('a', {}, ['192.168.0.1']));
    await lab.step();
    expect(counts()).toEqual([1, 1]);
    const neighborsOf = (name: string) => lab.plan.instances.get(name)?.policies.get('peer-red-export')?.neighbor;
    expect([neighborsOf('instance'), neighborsOf('second')].map(String)).toEqual([RED, BLUE]);
  });
});

describe('TestServiceReconcilerMetadataPartialFailure', () => {
  test('route policy reconcile failure', async () => {
    const lab = world();
    lab.set(adverts('red'), service('svc', {}, [V4]));
    lab.instances.failing = (call) => (call.startsWith('editRoutePolicies add') ? 'no room' : undefined);
    const failed = await run(lab);
    expect(failed.failures.map(({ message }) => message)).toEqual(['add policy peer-red-export: no room']);
    expect(lab.controller.running.get('instance')?.policies.size).toBe(0);
    expect(lab.paths()).toEqual([`${V4}/32`]);
    lab.instances.failing = () => undefined;
    expect(typesOf(await run(lab))).toEqual(['add-policy']);
    expect(typesOf(await run(lab))).toEqual([]);
  });

  test('advertise path failure', async () => {
    const lab = world();
    lab.set(adverts('red'), service('svc', {}, [V4]));
    lab.instances.failing = (call) => (call.startsWith('advertise') ? 'no room' : undefined);
    expect((await run(lab)).failures).toHaveLength(1);
    expect(lab.controller.running.get('instance')?.paths.size).toBe(0);
    lab.instances.failing = () => undefined;
    expect(typesOf(await run(lab))).toEqual(['advertise']);
    expect(lab.paths()).toEqual([`${V4}/32`]);
  });

  test('a policy whose replacement fails stays as it was, and is tried again', async () => {
    const lab = world();
    lab.set(adverts('red'), service('a', {}, ['192.168.0.1']));
    await lab.step();
    lab.set(service('b', {}, ['192.168.0.2']));
    lab.instances.failing = (call) => (call === 'editRoutePolicies replace peer-red-export' ? 'no room' : undefined);
    expect((await run(lab)).failures).toHaveLength(1);
    expect([...(lab.instances.get('instance')?.policies.keys() ?? [])]).toEqual(['peer-red-export']);
    lab.instances.failing = () => undefined;
    expect(typesOf(await run(lab))).toEqual(['update-policy']);
  });

  test('the policy of one peer that fails does not keep that of another from being done', async () => {
    const lab = world();
    lab.set(adverts('red'), adverts('blue'), service('svc', {}, [V4]));
    lab.instances.failing = (call) => (call.includes('add peer-red-export') ? 'no room' : undefined);
    const { failures } = await run(lab);
    expect(failures.map(({ message }) => message)).toEqual(['add policy peer-red-export: no room']);
    expect([...(lab.instances.get('instance')?.policies.keys() ?? [])]).toEqual(['peer-blue-export']);
  });

  test('an instance that cannot start has nothing else tried on it, and starts next time', async () => {
    const lab = world();
    lab.set(adverts('red'), service('svc', {}, [V4]));
    lab.instances.failing = (call) => (call.startsWith('start') ? 'port 179 is in use' : undefined);
    const { failures } = await run(lab);
    expect(failures.map(({ message }) => message)).toEqual(['cannot start: port 179 is in use']);
    lab.instances.failing = () => undefined;
    expect((await run(lab)).failures).toEqual([]);
    expect(lab.paths()).toEqual([`${V4}/32`]);
  });

  test('whatever fails once, the next run ends where it would have', async () => {
    const whole = world();
    whole.set(adverts('red'), adverts('blue'), service('svc', {}, [V4, '2001:db8:2::1']));
    await whole.step();
    const { calls } = whole.instances;
    expect(calls.length).toBeGreaterThan(5);
    for (const failing of calls) {
      const lab = world();
      lab.set(adverts('red'), adverts('blue'), service('svc', {}, [V4, '2001:db8:2::1']));
      lab.instances.failing = (call) => (call === failing ? 'for once' : undefined);
      // What cannot be done together is done one by one.
      expect((await run(lab)).failures).toHaveLength(failing.includes(',') ? 0 : 1);
      lab.instances.failing = () => undefined;
      expect((await run(lab)).failures).toEqual([]);
      expect(typesOf(await run(lab))).toEqual([]);
      const router = lab.instances.get('instance');
      expect([...(router?.neighbors.keys() ?? [])].toSorted()).toEqual([RED, BLUE].toSorted());
      expect(lab.paths()).toEqual(whole.paths());
      expect(router?.policies.size).toBe(2);
    }
  });
});

describe('TestCRDConditions', () => {
  const conditionOf = ({ statuses }: Awaited<ReturnType<typeof run>>) =>
    statuses
      .find(({ key }) => key.kind === 'CiliumBGPNodeConfig' && key.name === NODE)
      ?.conditions.find(({ type }) => type === 'cilium.io/BGPReconcileError');
  const failing = (of: string, message: string) => (call: string) => (call.startsWith(of) ? message : undefined);

  test('new, modified and deleted error conditions', async () => {
    const lab = world([peer('red', RED, 'red')]);
    lab.instances.failing = failing('addNeighbor', 'no room');
    expect(conditionOf(await run(lab))).toEqual({
      type: 'cilium.io/BGPReconcileError',
      status: 'True',
      reason: 'BGPReconcileError',
      message: `instance: add peer red (${RED}): no room\n`,
    });
    lab.instances.failing = failing('addNeighbor', 'still no room');
    expect(conditionOf(await run(lab))?.message).toBe(`instance: add peer red (${RED}): still no room\n`);
    lab.instances.failing = () => undefined;
    expect(conditionOf(await run(lab))).toMatchObject({ status: 'False', reason: 'Reconciled', message: '' });
  });

  test('the message is at most 32 KiB', async () => {
    const lab = world([peer('red', RED, 'red')]);
    lab.instances.failing = failing('addNeighbor', 'é'.repeat(40_000));
    const message = conditionOf(await run(lab))?.message ?? '';
    const octets = new TextEncoder().encode(message).length;
    expect(octets).toBeGreaterThan(32 * 1024 - 4);
    expect(octets).toBeLessThanOrEqual(32 * 1024);
  });
});

describe('what others do', () => {
  const address = (text: string) => Prefix.parse(text);

  test('a path of the API for the same prefix stays, whatever the plan does', async () => {
    const lab = world();
    lab.set(adverts('red'), service('svc', {}, [V4]));
    await lab.step();
    const nlri = packPrefixes(ipv4Unicast, [address(`${V4}/32`)]);
    lab.instances.get('instance')?.advertiseBulk({ family: ipv4Unicast, nlri, attributes: {}, owner: 'api' });
    lab.delete(service('svc'));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    expect([...(lab.instances.get('instance')?.othersPaths.keys() ?? [])]).toEqual([`${V4}/32`]);
  });

  test('a peer that the API removed comes back when it changes, and is no error when it goes', async () => {
    const lab = world();
    await lab.step();
    const router = lab.instances.get('instance');
    router?.neighbors.clear();
    lab.set(peerConfig('red', { transport: { peerPort: 1790 } }));
    await lab.step();
    expect([...(router?.neighbors.keys() ?? [])]).toEqual([RED]);
    lab.set(clusterConfig([]));
    await lab.step();
    expect(router?.neighbors.size).toBe(0);
  });

  test('a peer that the API has at the same address is not taken over', async () => {
    const lab = world([peer('blue', BLUE)]);
    await lab.step();
    const router = lab.instances.get('instance');
    const [theirs] = router?.neighbors.values() ?? [];
    if (theirs === undefined) throw new Error('no neighbor');
    router?.neighbors.set(RED, { ...theirs, name: 'theirs' });
    lab.set(clusterConfig([peer('blue', BLUE), peer('red', RED)]));
    const { failures } = await run(lab);
    expect(failures.map(({ message }) => message)).toEqual([`add peer red (${RED}): peer ${RED} is there`]);
    lab.set(clusterConfig([peer('blue', BLUE)]));
    await run(lab);
    expect(router?.neighbors.get(RED)?.name).toBe('theirs');
  });

  test('an instance that others stopped, or put another in the place of, is filled again or said', async () => {
    const lab = world();
    await lab.step();
    lab.instances.running.clear();
    expect(typesOf(await run(lab))).toEqual(['start-instance', 'add-peer', 'add-peer']);
    lab.instances.running.clear();
    await lab.instances.start('instance', { asn: 1, routerId: '10.0.0.1', listenPort: -1 });
    const { failures } = await run(lab);
    expect(failures.map(({ message }) => message)).toEqual(['cannot start: instance instance runs']);
  });
});

test('runs follow one another, and a defect in one is told and does not keep the next from running', async () => {
  const lab = world();
  const { plan } = lab;
  const outcomes = await Promise.all([lab.controller.run(plan), lab.controller.run(plan)]);
  expect(outcomes.map(({ operations }) => operations.length)).toEqual([3, 0]);

  let starts = 0;
  const controller = new Controller({
    get: (name) => lab.instances.get(name),
    start: () => {
      starts++;
      return Promise.reject(starts === 1 ? new TypeError('a defect') : new SpeakerError('already-exists', 'there'));
    },
    stop: () => Promise.resolve(),
  });
  const results = await Promise.allSettled([controller.run(plan), controller.run(plan)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
