import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

const instance = 'spec.bgpInstances[0]';

test.each<[string, unknown, string, string]>([
  ['spec.bgpInstances', [], 'spec.bgpInstances', 'must have at least 1 entry'],
  [
    'spec.bgpInstances.0.routerID',
    '0.0.0.0',
    `${instance}.routerID`,
    'must be a router ID: an IPv4 address other than 0.0.0.0',
  ],
  [
    'spec.bgpInstances.0.routerID',
    '::1',
    `${instance}.routerID`,
    'must be a router ID: an IPv4 address other than 0.0.0.0',
  ],
  ['spec.bgpInstances.0.localPort', 70000, `${instance}.localPort`, 'must be at most 65535'],
  [
    'spec.bgpInstances.0.peers.0.localAddress',
    '::',
    `${instance}.peers[0].localAddress`,
    'must be the address of one host',
  ],
  ['spec.bgpInstances.0.peers.0.name', undefined, `${instance}.peers[0].name`, 'is required'],
  ['spec.bgpInstances.0.routerId', '1.1.1.1', `${instance}.routerId`, 'is not a known field; did you mean routerID?'],
  ['status', {}, 'status', 'is not a known field'],
])('CiliumBGPNodeConfigOverride: %s = %j', (path, to, where, message) => {
  expect(faultsIn(ofKind.override(path, to))).toEqual([`${where}: ${message}`]);
});
