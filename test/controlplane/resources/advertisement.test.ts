import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

const communityMessage =
  'must be a community: A:B with both in 0-65535, or a number up to 4294967295, without leading zeros';

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
