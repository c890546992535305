import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress } = rack.worker1;

interface Mistake {
  readonly name: string;
  /** Configuration commands at the router, below `router bgp`; what takes them back. */
  readonly make: readonly string[];
  readonly undo: readonly string[];
  /** What the router says of the NOTIFICATION. */
  readonly code: string;
  readonly reason: string;
  /** Absent: whoever is first to find out. */
  readonly sentBy?: 'router' | 'us';
  /** What our own status says beside the code. */
  readonly status: RegExp;
}

const mistakes: readonly Mistake[] = [
  {
    name: 'the router expects another AS of us',
    make: ['neighbor WORKER remote-as 65009'],
    undo: ['neighbor WORKER remote-as external'],
    code: '0202',
    reason: 'OPEN Message Error/Bad Peer AS',
    sentBy: 'router',
    status: /AS/,
  },
  {
    name: 'the router is in another AS than we expect',
    make: ['neighbor WORKER local-as 65099 no-prepend replace-as'],
    undo: ['no neighbor WORKER local-as'],
    code: '0202',
    reason: 'OPEN Message Error/Bad Peer AS',
    sentBy: 'us',
    status: /65099/,
  },
  {
    name: 'the router asks for a longer hold time than ours',
    make: ['bgp minimum-holdtime 600'],
    undo: ['no bgp minimum-holdtime'],
    code: '0206',
    reason: 'OPEN Message Error/Unacceptable Hold Time',
    sentBy: 'router',
    status: /hold time/i,
  },
  {
    name: 'the router has no family of ours',
    make: [
      ...family('ipv6 multicast', 'neighbor WORKER activate'),
      ...family('ipv6 unicast', 'no neighbor WORKER activate'),
      ...family('ipv4 unicast', 'no neighbor WORKER activate'),
    ],
    undo: [
      ...family('ipv6 unicast', 'neighbor WORKER activate'),
      ...family('ipv4 unicast', 'neighbor WORKER activate'),
      ...family('ipv6 multicast', 'no neighbor WORKER activate'),
    ],
    code: '0207',
    reason: 'OPEN Message Error/Unsupported Capability',
    status: /famil|capabilit/i,
  },
];

const resetDueTo = { router: 'BGP Notification send', us: 'BGP Notification received' };

describe.each(frrVersions)('mistakes in the configuration, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  test.each(mistakes)('$name: NOTIFICATION $code, and our status says why', async (mistake) => {
    const tor = new Frr(lab().node('tor'));
    await tor.established(address);
    await tor.configureBgp(rack.asn, ...mistake.make);
    await tor.vtysh('clear bgp *');

    const { code, sentBy, reason, status } = mistake;
    const neighbor = await until(
      () => tor.neighbor(address),
      ({ lastErrorCodeSubcode, lastResetDueTo = '' }) =>
        lastErrorCodeSubcode === code && (sentBy === undefined || lastResetDueTo === resetDueTo[sentBy]),
      { what: `NOTIFICATION ${code} at the router` },
    );
    expect(neighbor.lastNotificationReason).toBe(reason);
    expect(neighbor.bgpState).not.toBe('Established');
    const peer = await until(
      () => new Herald(lab().node('worker1')).peer(torAddress),
      (state) => state['last-down']?.code === 2,
      { what: 'the NOTIFICATION in our status' },
    );
    expect(peer['session-state']).not.toBe('established');
    expect(peer['last-down']).toMatchObject({
      subcode: Number(code.slice(2)),
      text: expect.stringMatching(status),
    });

    await tor.configureBgp(rack.asn, ...mistake.undo);
    // After each failure it waits longer.
    await tor.vtysh('clear bgp *');
    await tor.established(address);
  });
});

function family(name: string, command: string): string[] {
  return [`address-family ${name}`, command, 'exit-address-family'];
}
