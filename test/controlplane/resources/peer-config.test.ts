import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

const nameMessage =
  "must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit";

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
  ['spec.timers.keepAliveTimeSeconds', 4, 'spec.timers', 'keepAliveTimeSeconds can not be larger than holdTimeSeconds'],
  [
    'spec.timers',
    { keepAliveTimeSeconds: 91 },
    'spec.timers',
    'keepAliveTimeSeconds can not be larger than holdTimeSeconds',
  ],
  ['spec.holdTimeSeconds', 90, 'spec.holdTimeSeconds', 'is not a known field; did you mean timers.holdTimeSeconds?'],
  ['spec.gracefulRestart.enabled', undefined, 'spec.gracefulRestart.enabled', 'is required'],
  ['spec.gracefulRestart.enabled', 'yes', 'spec.gracefulRestart.enabled', 'must be true or false'],
  ['spec.gracefulRestart.restartTimeSeconds', 4096, 'spec.gracefulRestart.restartTimeSeconds', 'must be at most 4095'],
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
