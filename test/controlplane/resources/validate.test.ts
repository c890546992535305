import { fc, test as law } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { keyOf, keyText, sameResource } from '../../../src/controlplane/resources/key.ts';
import { definitions, parseKind } from '../../../src/controlplane/resources/kinds.ts';
import type { Kind, Resource } from '../../../src/controlplane/resources/types.ts';
import { pathText, validate } from '../../../src/controlplane/resources/validate.ts';
import { runs } from '../../runs.ts';
import { change } from './change.ts';
import { good, secret } from './good.ts';

type PlainKind = keyof typeof good;
const plainKinds = Object.keys(good) as PlainKind[];

function faultsIn(value: unknown): string[] {
  const result = validate(value);
  return result.ok ? [] : result.faults.map(({ path, message }) => `${pathText(path)}: ${message}`);
}

function warningsOn(value: unknown): string[] {
  const result = validate(value);
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join());
  return result.warnings.map(({ path, message }) => `${pathText(path)}: ${message}`);
}

function resourceOf(value: unknown): Resource {
  const result = validate(value);
  if (!result.ok) throw new Error(faultsIn(value).join());
  return result.resource;
}

const ofKind = {
  cluster: (path: string, to: unknown) => change(good.CiliumBGPClusterConfig, path, to),
  peer: (path: string, to: unknown) => change(good.CiliumBGPPeerConfig, path, to),
  advert: (path: string, to: unknown) => change(good.CiliumBGPAdvertisement, path, to),
  override: (path: string, to: unknown) => change(good.CiliumBGPNodeConfigOverride, path, to),
  lbPool: (path: string, to: unknown) => change(good.CiliumLoadBalancerIPPool, path, to),
  podPool: (path: string, to: unknown) => change(good.CiliumPodIPPool, path, to),
  node: (path: string, to: unknown) => change(good.CiliumNode, path, to),
  service: (path: string, to: unknown) => change(good.Service, path, to),
  slice: (path: string, to: unknown) => change(good.EndpointSlice, path, to),
  secret: (path: string, to: unknown) => change(secret, path, to),
  policy: (path: string, to: unknown) => change(good.CiliumBGPPeeringPolicy, path, to),
};

describe('what is right', () => {
  test.each(plainKinds)('%s: every field is kept, and nothing is warned of', (kind) => {
    const given = good[kind];
    expect(validate(given)).toMatchObject({ ok: true, resource: given });
    expect(warningsOn(given).filter((text) => !text.includes('is deprecated'))).toEqual([]);
  });

  test('there is a manifest here of each kind', () => {
    expect([...plainKinds, 'Secret'].toSorted()).toEqual(definitions.map(({ kind }) => kind as string).toSorted());
  });

  test('a field that is null is as if it were absent', () => {
    const given = ofKind.cluster('spec.bgpInstances.0.peers.0.peerConfigRef', null);
    expect(resourceOf(given)).toEqual(ofKind.cluster('spec.bgpInstances.0.peers.0.peerConfigRef', undefined));
  });

  test.each([
    ['an absent selector', undefined],
    ['an empty selector', {}],
  ])('%s stays what it is', (_, selector) => {
    const given = ofKind.peer('spec.families.0.advertisements', selector);
    expect(resourceOf(given)).toEqual(given);
  });

  test('the status of a manifest is not looked at where a control plane writes it', () => {
    const given = { ...good.CiliumBGPPeerConfig, status: { conditions: 'whatever' } };
    expect(validate(given)).toEqual({ ok: true, resource: good.CiliumBGPPeerConfig, warnings: [] });
  });

  test('what a cluster adds to metadata is dropped', () => {
    const more = { uid: 'a', resourceVersion: '1', generation: 1, managedFields: [{}], finalizers: ['x'] };
    const given = { ...good.Service, metadata: { ...good.Service.metadata, ...more } };
    expect(resourceOf(given)).toEqual(good.Service);
  });

  test.each(['CiliumNode', 'Service', 'EndpointSlice'] as const)(
    '%s: fields that do not matter here are dropped',
    (kind) => {
      const given = {
        ...good[kind],
        spec: { ...Reflect.get(good[kind], 'spec'), sessionAffinity: { a: [1] } },
        other: 1,
      };
      const expected = kind === 'EndpointSlice' ? good[kind] : { ...good[kind] };
      expect(resourceOf(given)).toEqual(expected);
    },
  );

  test('an EndpointSlice without endpoints has none', () => {
    expect(resourceOf(ofKind.slice('endpoints', null))).toEqual({ ...good.EndpointSlice, endpoints: [] });
  });

  test('a namespaced kind is in default where it names no namespace', () => {
    const resource = resourceOf(ofKind.service('metadata.namespace', undefined));
    expect(keyText(keyOf(resource))).toBe('Service default/one.of-these');
  });

  test.each([
    ['spec.bgpInstances.0.peers.0.peerAddress', ' 2001:DB8:0::1\t', '2001:db8::1'],
    ['spec.bgpInstances.0.peers.0.peerAddress', '::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['spec.bgpInstances.0.peers.1.peerAddress', 'FE80::1%eth0', 'fe80::1%eth0'],
  ])('%s: %j is kept as %j', (path, text, kept) => {
    expect(resourceOf(ofKind.cluster(path, text))).toEqual(ofKind.cluster(path, kept));
  });

  test('the host bits of a pool’s or a node’s CIDR are cleared', () => {
    expect(resourceOf(ofKind.lbPool('spec.blocks.0.cidr', '2001:DB8:1::5/112'))).toEqual(good.CiliumLoadBalancerIPPool);
    expect(resourceOf(ofKind.node('spec.ipam.podCIDRs.1', '10.1.0.7/24'))).toEqual(good.CiliumNode);
  });

  test.each(['', 'None'])('the clusterIP %j is no address and right', (text) => {
    expect(resourceOf(ofKind.service('spec.clusterIP', text))).toEqual(ofKind.service('spec.clusterIP', text));
  });
});

describe('v2alpha1', () => {
  const alpha = (given: object) => ({ ...given, apiVersion: 'cilium.io/v2alpha1' });
  const deprecated = 'apiVersion: cilium.io/v2alpha1 is deprecated: use cilium.io/v2';

  test('becomes v2, and what it has beyond that is ignored with a warning', () => {
    const peer = { name: 'tor', peerAddress: '192.0.2.1' };
    const spec = (ref: object) => ({ bgpInstances: [{ name: 'main', peers: [{ ...peer, peerConfigRef: ref }] }] });
    const given = alpha({
      ...good.CiliumBGPClusterConfig,
      spec: spec({ group: 'cilium.io', kind: 'CiliumBGPPeerConfig', name: 'tor' }),
    });
    expect(resourceOf(given)).toEqual({ ...good.CiliumBGPClusterConfig, spec: spec({ name: 'tor' }) });
    expect(warningsOn(given)).toEqual([
      deprecated,
      'spec.bgpInstances[0].peers[0].peerConfigRef.group: is deprecated and ignored',
      'spec.bgpInstances[0].peers[0].peerConfigRef.kind: is deprecated and ignored',
    ]);
  });

  test('transport.localPort is ignored with a warning', () => {
    const given = alpha({ ...good.CiliumBGPPeerConfig, spec: { transport: { localPort: 179, peerPort: 1 } } });
    expect(resourceOf(given)).toEqual({ ...good.CiliumBGPPeerConfig, spec: { transport: { peerPort: 1 } } });
    expect(warningsOn(given)).toEqual([
      deprecated,
      "spec.transport.localPort: is deprecated and ignored: the port to listen on is the instance's localPort",
    ]);
  });

  test.each([
    [{ ...good.CiliumBGPClusterConfig }, ['spec.bgpInstances[0].peers[2].autoDiscovery: is not a known field']],
    [
      { ...good.CiliumBGPPeerConfig },
      ['spec.transport.sourceInterface: is not a known field', 'spec.bfd: is not a known field'],
    ],
    [
      {
        ...good.CiliumBGPAdvertisement,
        spec: { advertisements: [{ advertisementType: 'Interface', interface: { name: 'lo' } }] },
      },
      [
        'spec.advertisements[0].interface: is not a known field',
        'spec.advertisements[0].advertisementType: must be one of PodCIDR, CiliumPodIPPool, Service',
      ],
    ],
  ])('what came with v2 is not in it: %#', (given, faults) => {
    expect(faultsIn(alpha(given))).toEqual(faults);
  });

  test('has two of the rules on advertisements', () => {
    const of = (advertisement: object) =>
      faultsIn(alpha({ ...good.CiliumBGPAdvertisement, spec: { advertisements: [advertisement] } }));
    expect(of({ advertisementType: 'Service' })).toEqual([
      "spec.advertisements[0].service: service field is required for the 'Service' advertisementType",
    ]);
    expect(of({ advertisementType: 'PodCIDR', selector: {} })).toEqual([
      "spec.advertisements[0].selector: selector field is not allowed for the 'PodCIDR' advertisementType",
    ]);
    expect(of({ advertisementType: 'PodCIDR', service: { addresses: ['ClusterIP'] } })).toEqual([]);
  });
});

describe('what is wrong', () => {
  const instance = 'spec.bgpInstances[0]';
  const nameMessage =
    "must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit";
  const keyMessage =
    "must be a label's key: letters, digits, '-', '_' and '.', after a DNS name and '/' if it has a prefix";
  const valueMessage =
    "must be a label's value: at most 63 letters, digits, '-', '_' and '.', starting and ending with one of the first two";
  const communityMessage =
    'must be a community: A:B with both in 0-65535, or a number up to 4294967295, without leading zeros';

  test.each<[unknown, ...string[]]>([
    ['text', ': must be a map of fields'],
    [null, ': must be a map of fields'],
    [[], ': must be a map of fields'],
    [{}, 'kind: is required'],
    [{ kind: 5 }, 'kind: must be text'],
    [{ kind: 'CiliumBGPPeerconfg' }, 'kind: is not a known kind; did you mean CiliumBGPPeerConfig?'],
    [{ kind: 'toString' }, `kind: is not a known kind: it is one of ${definitions.map(({ kind }) => kind).join(', ')}`],
    [
      { kind: 'CiliumBGPNodeConfig' },
      'kind: CiliumBGPNodeConfig can only be read: it follows from CiliumBGPClusterConfig and CiliumBGPNodeConfigOverride',
    ],
    [{ kind: 'Service' }, 'apiVersion: is required', 'metadata: is required'],
    [ofKind.service('apiVersion', 1), 'apiVersion: must be text'],
    [ofKind.service('apiVersion', 'v2'), 'apiVersion: must be v1 for Service'],
    [ofKind.podPool('apiVersion', 'cilium.io/v2'), 'apiVersion: must be cilium.io/v2alpha1 for CiliumPodIPPool'],
    [
      change(ofKind.peer('apiVersion', 'cilium.io/v1'), 'spec.ebgpMultihop', 0),
      'apiVersion: must be cilium.io/v2 or cilium.io/v2alpha1 for CiliumBGPPeerConfig',
      'spec.ebgpMultihop: must be at least 1',
    ],
  ])('no resource: %#', (given, ...faults) => {
    expect(faultsIn(given)).toEqual(faults);
  });

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
    [
      'spec.bgpInstances.0.peers.0.peerAddress',
      'tor',
      `${instance}.peers[0].peerAddress`,
      "'tor' is not an IP address",
    ],
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

  test.each<[string, unknown, string, string]>([
    ['spec.transport.peerPort', 0, 'spec.transport.peerPort', 'must be at least 1'],
    ['spec.transport.localPort', 179, 'spec.transport.localPort', 'is not a known field'],
    [
      'spec.timers.connectRetryTimeSeconds',
      2147483648,
      'spec.timers.connectRetryTimeSeconds',
      'must be at most 2147483647',
    ],
    ['spec.timers.holdTimeSeconds', 65536, 'spec.timers.holdTimeSeconds', 'must be at most 65535'],
    ['spec.timers.keepAliveTimeSeconds', 0, 'spec.timers.keepAliveTimeSeconds', 'must be at least 1'],
    [
      'spec.timers.keepAliveTimeSeconds',
      4,
      'spec.timers',
      'keepAliveTimeSeconds can not be larger than holdTimeSeconds',
    ],
    [
      'spec.timers',
      { keepAliveTimeSeconds: 91 },
      'spec.timers',
      'keepAliveTimeSeconds can not be larger than holdTimeSeconds',
    ],
    ['spec.holdTimeSeconds', 90, 'spec.holdTimeSeconds', 'is not a known field; did you mean timers.holdTimeSeconds?'],
    ['spec.gracefulRestart.enabled', undefined, 'spec.gracefulRestart.enabled', 'is required'],
    ['spec.gracefulRestart.enabled', 'yes', 'spec.gracefulRestart.enabled', 'must be true or false'],
    [
      'spec.gracefulRestart.restartTimeSeconds',
      4096,
      'spec.gracefulRestart.restartTimeSeconds',
      'must be at most 4095',
    ],
    [
      'spec.nextHop',
      '192.0.2.1',
      'spec.nextHop',
      'must be auto, global, linkLocal, both, an IPv6 address, or a global and a link-local address with a comma between',
    ],
    ['spec.ebgpMultihop', 256, 'spec.ebgpMultihop', 'must be at most 255'],
    ['spec.eBGPMultihop', 2, 'spec.eBGPMultihop', 'is not a known field; did you mean ebgpMultihop?'],
    ['spec.bfd.enabled', undefined, 'spec.bfd.enabled', 'is required'],
    ['spec.bfd.transmitIntervalMilliseconds', 60001, 'spec.bfd.transmitIntervalMilliseconds', 'must be at most 60000'],
    ['spec.bfd.detectionMultiplier', 0, 'spec.bfd.detectionMultiplier', 'must be at least 1'],
    [
      'spec.bfd',
      { enabled: true },
      'spec.bfd',
      'bfd and ebgpMultihop exclude each other: BFD is for a neighbor on the link',
    ],
    ['spec.families', {}, 'spec.families', 'must be a list'],
    ['spec.families.0.afi', 'IPv6', 'spec.families[0].afi', 'must be one of ipv4, ipv6, l2vpn, ls, opaque'],
    ['spec.families.1.safi', undefined, 'spec.families[1].safi', 'is required'],
    ['spec.authSecretRef', '', 'spec.authSecretRef', nameMessage],
  ])('CiliumBGPPeerConfig: %s = %j', (path, to, where, message) => {
    expect(faultsIn(ofKind.peer(path, to))).toEqual([`${where}: ${message}`]);
  });

  test('of the timers each one’s own range comes first', () => {
    expect(faultsIn(ofKind.peer('spec.timers.holdTimeSeconds', 2))).toEqual([
      'spec.timers.holdTimeSeconds: must be at least 3',
      'spec.timers: keepAliveTimeSeconds can not be larger than holdTimeSeconds',
    ]);
  });

  test.each<[string, unknown, string, string]>([
    ['0.advertisementType', undefined, '[0].advertisementType', 'is required'],
    [
      '0.advertisementType',
      'Pods',
      '[0].advertisementType',
      'must be one of PodCIDR, CiliumPodIPPool, Service, Interface, Prefixes',
    ],
    ['0.selector', {}, '[0].selector', "selector field is not allowed for the 'PodCIDR' advertisementType"],
    ['4.selector', {}, '[4].selector', "selector field is not allowed for the 'Prefixes' advertisementType"],
    ['2.service', undefined, '[2].service', "service field is required for the 'Service' advertisementType"],
    [
      '1.service',
      { addresses: ['ClusterIP'] },
      '[1].service',
      "service field is not allowed for non-'Service' advertisementType",
    ],
    ['3.interface', undefined, '[3].interface', "interface field is required for the 'Interface' advertisementType"],
    [
      '0.interface',
      { name: 'lo' },
      '[0].interface',
      "interface field is not allowed for non-'Interface' advertisementType",
    ],
    ['4.prefixes', undefined, '[4].prefixes', "prefixes field is required for the 'Prefixes' advertisementType"],
    ['0.prefixes', ['::/0'], '[0].prefixes', "prefixes field is not allowed for non-'Prefixes' advertisementType"],
    ['0.nextHop', 'self', '[0].nextHop', "nextHop field is not allowed for non-'Prefixes' advertisementType"],
    ['4.prefixes', [], '[4].prefixes', 'must have at least 1 entry'],
    [
      '4.prefixes.0',
      '2001:db8::1/32',
      '[4].prefixes[0]',
      '2001:db8::1/32 has host bits set; the prefix is 2001:db8::/32',
    ],
    [
      '4.nextHop',
      '2001:db8::1,2001:db8::2',
      '[4].nextHop',
      'must be self, an address, or a global and a link-local address with a comma between',
    ],
    ['2.service.addresses', [], '[2].service.addresses', 'must have at least 1 entry'],
    [
      '2.service.addresses.0',
      'NodePort',
      '[2].service.addresses[0]',
      'must be one of LoadBalancerIP, ClusterIP, ExternalIP',
    ],
    ['2.service.aggregationLengthIPv4', 32, '[2].service.aggregationLengthIPv4', 'must be at most 31'],
    ['2.service.aggregationLengthIPv6', 128, '[2].service.aggregationLengthIPv6', 'must be at most 127'],
    ['0.attributes.communities.standard.0', '65536:1', '[0].attributes.communities.standard[0]', communityMessage],
    ['0.attributes.communities.standard.0', '01:1', '[0].attributes.communities.standard[0]', communityMessage],
    ['0.attributes.communities.standard.0', 'no-export', '[0].attributes.communities.standard[0]', communityMessage],
    ['0.attributes.communities.standard.0', '4294967296', '[0].attributes.communities.standard[0]', communityMessage],
    ['0.attributes.communities.standard.0', 65000, '[0].attributes.communities.standard[0]', 'must be text'],
    [
      '0.attributes.communities.wellKnown.0',
      'no-exports',
      '[0].attributes.communities.wellKnown[0]',
      'must be one of internet, planned-shut, accept-own, route-filter-translated-v4, route-filter-v4, ' +
        'route-filter-translated-v6, route-filter-v6, llgr-stale, no-llgr, blackhole, no-export, no-advertise, ' +
        'no-export-subconfed, no-peer',
    ],
    [
      '0.attributes.communities.large.0',
      '1:2',
      '[0].attributes.communities.large[0]',
      '"1:2" is no large community: expected A:B:C, each in 0-4294967295 without leading zeros',
    ],
    [
      '0.attributes.extendedCommunities.0',
      'rt',
      '[0].attributes.extendedCommunities[0]',
      '"rt" is no extended community: expected rt:ADMIN:VALUE or soo:ADMIN:VALUE (ADMIN an AS number or an IPv4 address), ' +
        'link-bandwidth:AS:OCTETS-PER-SECOND, color:VALUE or 0x with 16 hexadecimal digits',
    ],
    ['0.attributes.localPreference', -1, '[0].attributes.localPreference', 'must be at least 0'],
    ['0.attributes.med', 4294967296, '[0].attributes.med', 'must be at most 4294967295'],
    ['0.attributes.asPathPrepend', [0], '[0].attributes.asPathPrepend[0]', 'must be at least 1'],
    ['0.attributes.origin', 'IGP', '[0].attributes.origin', 'must be one of igp, egp, incomplete'],
    ['0.attributes.localPref', 5, '[0].attributes.localPref', 'is not a known field'],
  ])('CiliumBGPAdvertisement: %s = %j', (path, to, where, message) => {
    expect(faultsIn(ofKind.advert(`spec.advertisements.${path}`, to))).toEqual([
      `spec.advertisements${where}: ${message}`,
    ]);
  });

  test('a rule speaks up although a field is wrong by itself', () => {
    expect(
      faultsIn(ofKind.advert('spec.advertisements', [{ advertisementType: 'PodCIDR', selector: 5, service: 5 }])),
    ).toEqual([
      'spec.advertisements[0].service: must be a map of fields',
      'spec.advertisements[0].selector: must be a map of fields',
      "spec.advertisements[0].service: service field is not allowed for non-'Service' advertisementType",
      "spec.advertisements[0].selector: selector field is not allowed for the 'PodCIDR' advertisementType",
    ]);
  });

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

  test.each<[string, unknown, string, string]>([
    ['spec.allowFirstLastIPs', true, 'spec.allowFirstLastIPs', 'must be one of Yes, No'],
    ['spec.blocks.0', {}, 'spec.blocks[0]', 'cidr or start is required'],
    ['spec.blocks.0', { stop: '192.0.2.1' }, 'spec.blocks[0]', 'stop needs a start'],
    ['spec.blocks.0.start', '::1', 'spec.blocks[0]', 'start and stop are not allowed beside cidr'],
    ['spec.blocks.1.stop', '192.0.2.0', 'spec.blocks[1].stop', 'must not come before start'],
    ['spec.blocks.1.stop', '::1', 'spec.blocks[1].stop', 'must be of the same kind, IPv4 or IPv6, as start'],
    [
      'spec.blocks.0.cidr',
      '10.0.0.0',
      'spec.blocks[0].cidr',
      "'10.0.0.0' is not a prefix: the length is missing, as in 10.0.0.0/32",
    ],
    [
      'spec.blocks.0.cidr',
      '10.0.0.0/33',
      'spec.blocks[0].cidr',
      '10.0.0.0/33: the length of an IPv4 prefix is 0 to 32',
    ],
    ['spec.cidrs', [], 'spec.cidrs', 'is not a known field'],
  ])('CiliumLoadBalancerIPPool: %s = %j', (path, to, where, message) => {
    expect(faultsIn(ofKind.lbPool(path, to))).toEqual([`${where}: ${message}`]);
  });

  test.each<[string, unknown, string, string]>([
    ['spec.ipv4.maskSize', 7, 'spec.ipv4.cidrs[0]', 'must be at least as large as the /7 of one node'],
    ['spec.ipv4.maskSize', 33, 'spec.ipv4.maskSize', 'must be at most 32'],
    ['spec.ipv6.maskSize', 129, 'spec.ipv6.maskSize', 'must be at most 128'],
    ['spec.ipv6.cidrs', [], 'spec.ipv6.cidrs', 'must have at least 1 entry'],
    ['spec.ipv6.cidrs.1', '10.0.0.0/8', 'spec.ipv6.cidrs[1]', 'must be an IPv6 prefix'],
    ['spec.allowFirstIP', 'No', 'spec.allowFirstIP', 'must be true or false'],
  ])('CiliumPodIPPool: %s = %j', (path, to, where, message) => {
    expect(faultsIn(ofKind.podPool(path, to))).toEqual([`${where}: ${message}`]);
  });

  test.each<[unknown, string]>([
    [ofKind.node('spec.ipam.podCIDRs', 'x'), 'spec.ipam.podCIDRs: must be a list'],
    [
      ofKind.node('spec.ipam.pools.allocated.0.pool', ''),
      'spec.ipam.pools.allocated[0].pool: must be at least 1 character long',
    ],
    [ofKind.service('spec.type', 'LB'), 'spec.type: must be one of ClusterIP, NodePort, LoadBalancer, ExternalName'],
    [ofKind.service('spec.clusterIP', 'none'), "spec.clusterIP: 'none' is not an IP address"],
    [
      ofKind.service('spec.externalTrafficPolicy', 'local'),
      'spec.externalTrafficPolicy: must be one of Cluster, Local',
    ],
    [ofKind.service('spec.ports.0.port', 0), 'spec.ports[0].port: must be at least 1'],
    [ofKind.service('spec.ports.0.targetPort', true), 'spec.ports[0].targetPort: must be a number or a name'],
    [ofKind.service('spec.selector', { a: 1 }), 'spec.selector.a: must be text'],
    [
      ofKind.service('status.loadBalancer.ingress.0.ip', '1.2.3'),
      "status.loadBalancer.ingress[0].ip: '1.2.3' is not an IPv4 address",
    ],
    [
      ofKind.service('metadata.namespace', 'a.b'),
      "metadata.namespace: must be a namespace: at most 63 lower case letters, digits and '-', starting and ending with one of the first two",
    ],
    [ofKind.slice('addressType', 'ipv4'), 'addressType: must be one of IPv4, IPv6, FQDN'],
    [ofKind.slice('endpoints.0.addresses', []), 'endpoints[0].addresses: must have at least 1 entry'],
    [ofKind.slice('endpoints.0.addresses.0', '10.0.0.1'), 'endpoints[0].addresses[0]: must be an IPv6 address'],
    [ofKind.slice('endpoints.0.conditions.ready', 'True'), 'endpoints[0].conditions.ready: must be true or false'],
    [ofKind.secret('data.password', 'not base64!'), 'data.password: must be text in UTF-8, encoded with base64'],
    [ofKind.secret('data.password', '/w=='), 'data.password: must be text in UTF-8, encoded with base64'],
    [ofKind.secret('data.password', 5), 'data.password: must be text'],
    [ofKind.secret('stringData.other', 5), 'stringData.other: must be text'],
    [ofKind.policy('spec.virtualRouters', []), 'spec.virtualRouters: must have at least 1 entry'],
    [ofKind.policy('spec.virtualRouters.0.localASN', undefined), 'spec.virtualRouters[0].localASN: is required'],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors', []),
      'spec.virtualRouters[0].neighbors: must have at least 1 entry',
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors.0.peerAddress', '192.0.2.1'),
      "spec.virtualRouters[0].neighbors[0].peerAddress: '192.0.2.1' is not a prefix: the length is missing, as in 192.0.2.1/32",
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors.0.peerAddress', '192.0.2.0/24'),
      'spec.virtualRouters[0].neighbors[0].peerAddress: must be a prefix of one address, /32 or /128',
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors.0.keepAliveTimeSeconds', 10),
      'spec.virtualRouters[0].neighbors[0]: keepAliveTimeSeconds can not be larger than holdTimeSeconds',
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors', [
        { peerAddress: '2001:db8::1/128', peerASN: 1 },
        { peerAddress: '2001:DB8:0::1/128', peerASN: 2 },
      ]),
      'spec.virtualRouters[0].neighbors[1].peerAddress: the address 2001:db8::1/128 is already that of entry 0',
    ],
  ])('the other kinds: %#', (given, fault) => {
    expect(faultsIn(given)).toEqual([fault]);
  });

  const discovery = 'spec.bgpInstances[0].peers[2].autoDiscovery';
  const oneOf = `${discovery}: exactly one of unnumbered and defaultGateway is required for the 'Unnumbered' mode`;
  const unnumbered = { interface: 'eth1' };
  const defaultGateway = { addressFamily: 'ipv6' };
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

  const peer = 'spec.bgpInstances[0].peers[0]';
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

  test('a resource over the bounds is refused unread', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(faultsIn({ ...good.Service, spec: deep })).toEqual([': is nested more than 32 levels deep']);
    const wide = { ...good.Service, spec: Array.from({ length: 1001 }, () => Array.from({ length: 1000 }, () => 0)) };
    expect(faultsIn(wide)).toEqual([': has more than 1000000 values']);
    const cyclic: Record<string, unknown> = { ...good.Service };
    cyclic['spec'] = cyclic;
    expect(faultsIn(cyclic)).toEqual([': is nested more than 32 levels deep']);
  });

  test('of very many faults the first thousand are told', () => {
    const faults = faultsIn(
      ofKind.advert(
        'spec.advertisements',
        Array.from({ length: 2000 }, () => ({})),
      ),
    );
    expect(faults).toHaveLength(1001);
    expect(faults.at(-1)).toBe(': has 1000 more faults');
    const beyond = faultsIn(
      ofKind.advert(
        'spec.advertisements',
        Array.from({ length: 300_000 }, () => 1),
      ),
    );
    expect(beyond.length).toBeGreaterThan(0);
    expect(beyond.length).toBeLessThanOrEqual(1001);
  });
});

describe('what is warned of', () => {
  test.each<[unknown, string]>([
    [
      ofKind.cluster('spec.bgpInstances.0.peers.0.peerAddress', undefined),
      'spec.bgpInstances[0].peers[0]: has neither peerAddress nor autoDiscovery: it is skipped',
    ],
    [
      ofKind.cluster('spec.bgpInstances.0.peers.2.peerAddress', '192.0.2.1'),
      'spec.bgpInstances[0].peers[2].autoDiscovery: is ignored, as there is a peerAddress',
    ],
    [
      ofKind.peer('metadata.namespace', 'kube-system'),
      'metadata.namespace: is ignored: a CiliumBGPPeerConfig is in no namespace',
    ],
    [
      ofKind.policy(
        'spec.virtualRouters.0.neighbors.0.advertisedPathAttributes.0.selectorType',
        'CiliumLoadBalancerIPPool',
      ),
      'spec.virtualRouters[0].neighbors[0].advertisedPathAttributes[0].selector: is not acted upon: path attributes cannot depend on the pool of an address',
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors.0.ebgpMultihop', 2),
      'spec.virtualRouters[0].neighbors[0].ebgpMultihop: is not a known field; did you mean eBGPMultihopTTL? (ignored)',
    ],
    [
      ofKind.secret('data.password', 'czNjcmV0Cg=='),
      'data.password: ends with a line feed, which is part of the password',
    ],
  ])('%#', (given, warning) => {
    expect(warningsOn(given).filter((text) => !text.includes('is deprecated'))).toEqual([warning]);
  });

  test('each field of a legacy policy that is there, once, with what took its place', () => {
    const at = (field: string, successor: string) => `${field}: is deprecated; in its place is ${successor}`;
    const router = 'spec.virtualRouters[0]';
    const neighbor = `${router}.neighbors[0]`;
    const adverts = 'of a CiliumBGPAdvertisement';
    expect(warningsOn(good.CiliumBGPPeeringPolicy).toSorted()).toEqual(
      [
        at('spec.nodeSelector', 'nodeSelector of a CiliumBGPClusterConfig'),
        at('spec.virtualRouters', 'bgpInstances[] of a CiliumBGPClusterConfig'),
        at(`${router}.exportPodCIDR`, `advertisementType PodCIDR ${adverts}`),
        at(`${router}.podIPPoolSelector`, `advertisementType CiliumPodIPPool with its selector ${adverts}`),
        at(`${router}.serviceSelector`, `advertisementType Service with its selector ${adverts}`),
        at(`${router}.serviceAdvertisements`, `service.addresses ${adverts}`),
        at(`${router}.neighbors`, 'bgpInstances[].peers[] of a CiliumBGPClusterConfig'),
        at(
          `${neighbor}.peerAddress`,
          'peerAddress without a length, in bgpInstances[].peers[] of a CiliumBGPClusterConfig',
        ),
        at(`${neighbor}.peerPort`, 'transport.peerPort of a CiliumBGPPeerConfig'),
        at(`${neighbor}.authSecretRef`, 'authSecretRef of a CiliumBGPPeerConfig'),
        at(`${neighbor}.eBGPMultihopTTL`, 'ebgpMultihop of a CiliumBGPPeerConfig'),
        at(`${neighbor}.connectRetryTimeSeconds`, 'timers.connectRetryTimeSeconds of a CiliumBGPPeerConfig'),
        at(`${neighbor}.holdTimeSeconds`, 'timers.holdTimeSeconds of a CiliumBGPPeerConfig'),
        at(`${neighbor}.keepAliveTimeSeconds`, 'timers.keepAliveTimeSeconds of a CiliumBGPPeerConfig'),
        at(`${neighbor}.gracefulRestart`, 'gracefulRestart of a CiliumBGPPeerConfig'),
        at(`${neighbor}.families`, 'families of a CiliumBGPPeerConfig'),
        at(`${neighbor}.advertisedPathAttributes`, `attributes ${adverts}`),
      ].toSorted(),
    );
  });

  test('an unknown field of a legacy policy is left out', () => {
    expect(resourceOf(ofKind.policy('spec.oops', 1))).toEqual(good.CiliumBGPPeeringPolicy);
  });
});

describe('laws', () => {
  law.prop([fc.jsonValue({ maxDepth: 6 })], { numRuns: runs })('any JSON is a resource or has faults', (value) => {
    const result = validate(value);
    expect(result.ok || result.faults.length > 0).toBe(true);
  });

  /** A good manifest with anything at all in one place of it. */
  const damaged = fc.constantFrom(...plainKinds).chain((kind) =>
    fc.record({ at: fc.nat(), to: fc.jsonValue({ maxDepth: 3 }) }).map(({ at, to }) => {
      const places = placesIn(good[kind]);
      return change(good[kind], places[at % places.length] ?? 'kind', to);
    }),
  );

  law.prop([damaged], { numRuns: runs })('what is let through is let through again, unchanged', (value) => {
    const result = validate(value);
    if (!result.ok) {
      expect(result.faults.length).toBeGreaterThan(0);
      return;
    }
    const again = validate(result.resource);
    expect(again.ok && again.resource).toEqual(result.resource);
    expect(again.ok && sameResource(again.resource, result.resource)).toBe(true);
  });

  law.prop([damaged], { numRuns: runs / 10 })('a fault is at a place that is there, or one step from it', (value) => {
    const result = validate(value);
    for (const { path } of result.ok ? [] : result.faults) {
      const around = path.slice(0, -1).reduce<unknown>((place, step) => Reflect.get(Object(place), step), value);
      expect(path.length === 0 || (typeof around === 'object' && around !== null)).toBe(true);
    }
  });
});

function placesIn(value: unknown, at: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    key.includes('.') ? [] : [[...at, key].join('.'), ...placesIn(below, [...at, key])],
  );
}

test.each<[string, Kind | 'CiliumBGPNodeConfig' | undefined]>([
  ['svc', 'Service'],
  ['Services', 'Service'],
  ['cbgppeer', 'CiliumBGPPeerConfig'],
  ['ciliumbgppeerconfig', 'CiliumBGPPeerConfig'],
  ['CBGPNODE', 'CiliumBGPNodeConfig'],
  ['pods', undefined],
])('the kind %s is %s', (text, kind) => {
  expect(parseKind(text)).toBe(kind);
});
