import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { downReason } from '../../src/session/cause.ts';
import type { FsmState } from '../../src/session/fsm.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import type { SessionConfig } from '../../src/session/types.ts';
import { SystemError } from '../simulation/network.ts';
import { configA } from './sides.ts';

const common = {
  attributes: { passive: false, restarts: true, connectRetryTime: 120, delayOpenTime: 0 },
  connectRetryCounter: 0,
};
const dialling: FsmState = { name: 'connect', delaying: false, ...common };
const delaying: FsmState = { name: 'connect', delaying: true, ...common };
const openSent: FsmState = { name: 'open_sent', ...common };
const established: FsmState = { name: 'established', holdTime: 90, keepaliveTime: 30, ...common };
const local: SessionConfig = { ...configA, localAddress: Address.parse('2001:db8::a') };

describe('the reason of a lost connection names the likely cause', () => {
  test.each<[string, FsmState, string | undefined, RegExp]>([
    ['refused', dialling, 'ECONNREFUSED', /^connection refused by 2001:db8::b port 179: BGP is not running/],
    ['timed out', dialling, 'ETIMEDOUT', /^no answer from 2001:db8::b port 179: .*MD5 mismatch/],
    ['no route', dialling, 'ENETUNREACH', /^no way to 2001:db8::b \(ENETUNREACH\): is there a route/],
    ['no host', dialling, 'EHOSTUNREACH', /^no way to 2001:db8::b \(EHOSTUNREACH\)/],
    ['a local address that is not here', dialling, 'EADDRNOTAVAIL', /^the local address 2001:db8::a is not on this/],
    ['a local port in use', dialling, 'EADDRINUSE', /in use \(EADDRINUSE\)$/],
    ['not permitted', dialling, 'EACCES', /^not permitted to connect to 2001:db8::b port 179 \(EACCES\): a firewall/],
    ['a missing interface', dialling, 'EINVAL', /^cannot connect from 2001:db8::a to .*needs an interface that exists/],
    ['anything else', dialling, 'EMFILE', /^cannot connect to 2001:db8::b port 179: EMFILE$/],
    ['closed at once', dialling, undefined, /^2001:db8::b port 179 closed the connection$/],
    ['closed while OPEN waits', delaying, undefined, /^2001:db8::b closed the connection before any OPEN$/],
    ['closed before OPEN', openSent, undefined, /closed before OPEN: no address family activated .*listen range$/],
    ['reset before OPEN', openSent, 'ECONNRESET', /closed before OPEN: .*listen range \(ECONNRESET\)$/],
    [
      'reset later',
      established,
      'ECONNRESET',
      /^the connection with 2001:db8::b was closed without NOTIFICATION \(ECON/,
    ],
  ])('%s', (_, state, code, text) => {
    const event = { type: 'tcp-fails', ...(code !== undefined && { error: new SystemError(code) }) } as const;
    const reason = downReason(state, event, undefined, local);
    expect(reason.kind).toBe('connection');
    expect(reason.text).toMatch(text);
  });

  test.each<[string, Partial<typeof local>, RegExp]>([
    [
      'a password',
      { options: { password: new SecretText('sesame') } },
      /^no answer .* most likely a password mismatch/,
    ],
    [
      'a TTL of one hop',
      { options: { ttl: 1 } },
      /^no answer .* address reachable in one hop \(else set ebgpMultihop\)\?/,
    ],
    ['a TTL of several', { options: { ttl: 3 } }, /^no answer .* address reachable in 3 hops \(ebgpMultihop\)\?/],
    ['TTL security', { options: { ttlSecurity: true } }, /^no answer .* GTSM \(ttl-security\) too$/],
  ])('with %s, silence most likely comes from that', (_, changes, text) => {
    const event = { type: 'connect-retry-timer' } as const;
    const { text: said } = downReason(dialling, event, undefined, { ...local, ...changes });
    expect(said).toMatch(text);
    expect(said).not.toContain('sesame');
  });

  test('a router that says it may go no further leads to ebgpMultihop', () => {
    const event = { type: 'tcp-fails', error: new SystemError('EHOSTUNREACH') } as const;
    const { text } = downReason(dialling, event, undefined, { ...local, options: { ttl: 1 } });
    expect(text).toMatch(/^no way to 2001:db8::b \(EHOSTUNREACH\): .* set ebgpMultihop\)\?$/);
  });

  test('without a configured local address it is the kernel that found none', () => {
    const event = { type: 'tcp-fails', error: new SystemError('EADDRNOTAVAIL') } as const;
    expect(downReason(dialling, event, undefined, configA).text).toMatch(/^no local address to reach 2001:db8::b from/);
  });
});
