import { expect, test } from 'vitest';
import { diff } from '../../src/controlplane/diff.ts';
import { plan } from '../../src/controlplane/plan/planner.ts';
import type { Resource } from '../../src/controlplane/resources/types.ts';
import {
  advertisement,
  BLUE,
  ciliumNode,
  clusterConfig,
  facts,
  override,
  peer,
  peerConfig,
  RED,
  service,
  serviceAdvertisement,
} from './plan/support.ts';

const adverts = advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]);

function instances(...resources: readonly Resource[]) {
  const base = [ciliumNode(), peerConfig('red'), adverts, clusterConfig([peer('red', RED, 'red')])];
  return plan([...base, ...resources], facts()).instances;
}

const words = (operations: ReturnType<typeof diff>) => operations.map(({ type }) => type);

test('to a plan from itself there is nothing to do', () => {
  const planned = instances(service('svc', {}, ['192.168.0.1']));
  expect(diff(planned, planned)).toEqual([]);
  expect(diff(planned, instances(service('svc', {}, ['192.168.0.1'])))).toEqual([]);
});

test('from nothing: the instance, then policies and paths, then peers', () => {
  const operations = diff(new Map(), instances(service('svc', {}, ['192.168.0.1', '2001:db8:2::1'])));
  expect(words(operations)).toEqual(['start-instance', 'add-policy', 'advertise', 'advertise', 'add-peer']);
});

test('to nothing: the instance goes, and all in it with it', () => {
  expect(diff(instances(), new Map())).toEqual([{ type: 'stop-instance', instance: 'instance' }]);
});

test('removals, then updates, then additions; in each paths and policies before peers', () => {
  const before = instances(
    service('kept', {}, ['192.168.0.1']),
    service('gone', {}, ['192.168.0.2']),
    clusterConfig([peer('red', RED, 'red'), peer('old', BLUE)]),
  );
  const after = instances(
    service('kept', {}, ['192.168.0.1']),
    service('new', {}, ['192.168.0.3']),
    clusterConfig([peer('red', RED, 'red'), peer('new', BLUE)]),
    peerConfig('red', { transport: { peerPort: 1790 } }),
  );
  expect(words(diff(before, after))).toEqual([
    'remove-peer',
    'withdraw',
    'update-policy',
    'update-peer',
    'advertise',
    'add-peer',
  ]);
});

test.each([
  ['ASN', { localASN: 65002 }],
  ['listen port', { localPort: 1790 }],
  ['router id', { routerID: '10.0.0.9' }],
])('another %s recreates the instance', (_, changes) => {
  const after = instances(override({ bgpInstances: [{ name: 'instance', ...changes }] }));
  expect(words(diff(instances(), after))).toEqual(['stop-instance', 'start-instance', 'add-peer']);
});

test('a path that only another service wants as well is not sent again', () => {
  const one = instances(service('a', {}, ['192.168.0.1']));
  const two = instances(service('a', {}, ['192.168.0.1']), service('b', {}, ['192.168.0.1']));
  expect(words(diff(one, two))).toEqual(['update-policy']);
});
