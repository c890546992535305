import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

const instance = 'spec.bgpInstances[0]';
const nameMessage =
  "must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit";
const keyMessage =
  "must be a label's key: letters, digits, '-', '_' and '.', after a DNS name and '/' if it has a prefix";
const valueMessage =
  "must be a label's value: at most 63 letters, digits, '-', '_' and '.', starting and ending with one of the first two";
const discovery = 'spec.bgpInstances[0].peers[2].autoDiscovery';
const oneOf = `${discovery}: exactly one of unnumbered and defaultGateway is required for the 'Unnumbered' mode`;
const unnumbered = { interface: 'eth1' };
const defaultGateway = { addressFamily: 'ipv6' };
const peer = 'spec.bgpInstances[0].peers[0]';

test.each<[string, unknown, string, string]>([
  ['metadata.name', undefined, 'metadata.name', 'is required'],
  ['metadata.name', 'Upper', 'metadata.name', nameMessage],
  ['metadata.name', 'a'.repeat(254), 'metadata.name', nameMessage],
  ['metadata.labels', 'x', 'metadata.labels', 'must be a map of fields'],
  ['metadata.labels', { 'a b': '' }, 'metadata.labels["a b"]', keyMessage],
  ['metadata.labels', { [`${'a'.repeat(64)}`]: '' }, `metadata.labels.${'a'.repeat(64)}`, keyMessage],
  ['metadata.labels', { app: 'é' }, 'metadata.labels.app', valueMessage],
  ['metadata.labels', { app: 5 }, 'metadata.labels.app', 'must be text'],
  ['metadata.annotations', { a: true }, 'metadata.annotations.a', 'must be text'],
  ['spec', undefined, 'spec', 'is required'],
  ['spec', [], 'spec', 'must be a map of fields'],
  ['spec.bgpInstances', [], 'spec.bgpInstances', 'must have at least 1 entry'],
  ['spec.bgpInstances', undefined, 'spec.bgpInstances', 'is required'],
  [
    'spec.bgpInstances',
    Array.from({ length: 17 }, (_, index) => ({ name: `i${index}` })),
    'spec.bgpInstances',
    'must have at most 16 entries',
  ],
  ['spec.bgpInstances.1.name', 'main', 'spec.bgpInstances[1].name', 'the name main is already that of entry 0'],
  ['spec.bgpInstances.0.name', '', `${instance}.name`, 'must be at least 1 character long'],
  ['spec.bgpInstances.0.name', 'a'.repeat(256), `${instance}.name`, 'must be at most 255 characters long'],
  ['spec.bgpInstances.0.localASN', 0, `${instance}.localASN`, 'must be at least 1'],
  ['spec.bgpInstances.0.localASN', 4294967296, `${instance}.localASN`, 'must be at most 4294967295'],
  ['spec.bgpInstances.0.localASN', '65001', `${instance}.localASN`, 'must be a number'],
  ['spec.bgpInstances.0.localASN', 1.5, `${instance}.localASN`, 'must be a whole number'],
  ['spec.bgpInstances.0.localPort', 0, `${instance}.localPort`, 'must be at least 1'],
  ['spec.bgpInstances.0.localPort', 65536, `${instance}.localPort`, 'must be at most 65535'],
  ['spec.bgpInstances.0.localAsn', 1, `${instance}.localAsn`, 'is not a known field; did you mean localASN?'],
  ['spec.bgpInstances.0.xyz', 1, `${instance}.xyz`, 'is not a known field'],
  ['spec.peers', [], 'spec.peers', 'is not a known field'],
  ['spec.bgpInstances.0.peers.1.name', 'tor', `${instance}.peers[1].name`, 'the name tor is already that of entry 0'],
  ['spec.bgpInstances.0.peers.0.peerASN', -1, `${instance}.peers[0].peerASN`, 'must be at least 0'],
  ['spec.bgpInstances.0.peers.0.peerASN', 4294967296, `${instance}.peers[0].peerASN`, 'must be at most 4294967295'],
  [
    'spec.bgpInstances.0.peers.0.peerAddress',
    '2001:db8::1/128',
    `${instance}.peers[0].peerAddress`,
    "'2001:db8::1/128' is not an address: it looks like a prefix",
  ],
  ['spec.bgpInstances.0.peers.0.peerAddress', 'tor', `${instance}.peers[0].peerAddress`, "'tor' is not an IP address"],
  ['spec.bgpInstances.0.peers.0.peerAddress', 5, `${instance}.peers[0].peerAddress`, 'must be text'],
  [
    'spec.bgpInstances.0.peers.0.peerAddress',
    'ff02::1',
    `${instance}.peers[0].peerAddress`,
    'must be the address of one host',
  ],
  [
    'spec.bgpInstances.0.peers.0.peerAddress',
    'fe80::1',
    `${instance}.peers[0].peerAddress`,
    'a link-local address needs its interface, as in fe80::1%eth0',
  ],
  ['spec.bgpInstances.0.peers.0.peerConfigRef', {}, `${instance}.peers[0].peerConfigRef.name`, 'is required'],
  [
    'spec.bgpInstances.0.peers.0.peerConfigRef.group',
    'cilium.io',
    `${instance}.peers[0].peerConfigRef.group`,
    'is not a known field',
  ],
  [
    'spec.bgpInstances.0.peers.2.autoDiscovery.mode',
    'Guess',
    `${instance}.peers[2].autoDiscovery.mode`,
    'must be one of DefaultGateway, Unnumbered',
  ],
  [
    'spec.bgpInstances.0.peers.2.autoDiscovery.defaultGateway',
    undefined,
    `${instance}.peers[2].autoDiscovery.defaultGateway`,
    "defaultGateway field is required for the 'DefaultGateway' mode",
  ],
  [
    'spec.bgpInstances.0.peers.2.autoDiscovery.defaultGateway.addressFamily',
    'IPv6',
    `${instance}.peers[2].autoDiscovery.defaultGateway.addressFamily`,
    'must be one of ipv4, ipv6',
  ],
  ['spec.nodeSelector', 'all', 'spec.nodeSelector', 'must be a map of fields'],
  ['spec.nodeSelector.matchLabels', [], 'spec.nodeSelector.matchLabels', 'must be a map of fields'],
  [
    'spec.nodeSelector.matchlabels',
    {},
    'spec.nodeSelector.matchlabels',
    'is not a known field; did you mean matchLabels?',
  ],
  ['spec.nodeSelector.matchLabels', { a: '-' }, 'spec.nodeSelector.matchLabels.a', valueMessage],
  ['spec.nodeSelector.matchExpressions.0.key', undefined, 'spec.nodeSelector.matchExpressions[0].key', 'is required'],
  ['spec.nodeSelector.matchExpressions.0.key', '/x', 'spec.nodeSelector.matchExpressions[0].key', keyMessage],
  [
    'spec.nodeSelector.matchExpressions.0.operator',
    'Is',
    'spec.nodeSelector.matchExpressions[0].operator',
    'must be one of In, NotIn, Exists, DoesNotExist',
  ],
  [
    'spec.nodeSelector.matchExpressions.0.values',
    [],
    'spec.nodeSelector.matchExpressions[0].values',
    "must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    'spec.nodeSelector.matchExpressions.1.values',
    undefined,
    'spec.nodeSelector.matchExpressions[1].values',
    "must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    'spec.nodeSelector.matchExpressions.2.values',
    ['x'],
    'spec.nodeSelector.matchExpressions[2].values',
    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ],
])('CiliumBGPClusterConfig: %s = %j', (path, to, where, message) => {
  expect(faultsIn(ofKind.cluster(path, to))).toEqual([`${where}: ${message}`]);
});

test.each([
  [{ mode: 'Unnumbered', unnumbered }, []],
  [{ mode: 'Unnumbered', defaultGateway }, []],
  [{ mode: 'Unnumbered' }, [oneOf]],
  [{ mode: 'Unnumbered', unnumbered, defaultGateway }, [oneOf]],
  [
    { mode: 'Unnumbered', unnumbered: { interface: '' } },
    [`${discovery}.unnumbered.interface: must be at least 1 character long`],
  ],
  [
    { mode: 'DefaultGateway', unnumbered, defaultGateway },
    [`${discovery}.unnumbered: unnumbered field is not allowed for the 'DefaultGateway' mode`],
  ],
])('autoDiscovery %j', (given, faults) => {
  expect(faultsIn(ofKind.cluster('spec.bgpInstances.0.peers.2.autoDiscovery', given))).toEqual(faults);
});

test.each([
  [{ peerAddress: 'fe80::1', peerInterface: 'eth1' }, []],
  [{ peerAddress: 'fe80::1%eth1', peerInterface: 'eth1' }, []],
  [{ peerAddress: 'fe80::1' }, [`${peer}.peerAddress: a link-local address needs its interface, as in fe80::1%eth0`]],
  [
    { peerAddress: 'fe80::1%eth0', peerInterface: 'eth1' },
    [`${peer}.peerInterface: is not the interface of fe80::1%eth0`],
  ],
  [
    { peerAddress: '2001:db8::1', peerInterface: 'eth1' },
    [`${peer}.peerInterface: is for a link-local address, and 2001:db8::1 is none`],
  ],
  [{ peerAddress: 'fe80::x', peerInterface: 'eth1' }, [`${peer}.peerAddress: 'fe80::x' is not an IPv6 address`]],
  [{ peerInterface: 'eth1' }, [`${peer}.peerInterface: is for a link-local peerAddress`]],
])('a peer with %j', (fields, faults) => {
  expect(faultsIn(ofKind.cluster('spec.bgpInstances.0.peers.0', { name: 'tor', ...fields }))).toEqual(faults);
});
