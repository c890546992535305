import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress } = rack.worker1;
const neighbor = `neighbor ${address}`;

interface Protection {
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  readonly passive?: boolean;
}

/** With a source address: the router's advertisements make a second one, which it has no key for. */
function configuration({ password, ttlSecurity = false, passive = false }: Protection): string {
  return `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${torAddress}"
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
        transport: { localAddress: "${address}", ttlSecurity: ${ttlSecurity}, passive: ${passive} }
${password === undefined ? '' : `        password: ${password}\n`}`;
}

describe.each(frrVersions)('a session that is protected, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));

  const protect = (protection: Protection) => new Herald(worker()).configure(configuration(protection));

  /** Our own view of the session, once it is up; `dialler` says who made it. */
  async function established(dialler: 'us' | 'router') {
    await tor().established(address);
    const peer = await until(
      () => new Herald(worker()).peer(torAddress),
      (state) => state['session-state'] === 'established',
      { what: 'the session at our end' },
    );
    expect(dialler === 'us' ? peer['remote-port'] : peer['local-port']).toBe(179);
    return peer;
  }

  test.each([
    ['us', ['passive']],
    ['router', []],
  ] as const)('a password, dialled by %s', async (dialler, more) => {
    await tor().configureBgp(rack.asn, `${neighbor} password sesame`, ...more.map((word) => `${neighbor} ${word}`));
    await protect({ password: 'sesame', passive: dialler === 'router' });
    await tor().vtysh('clear bgp *');
    const peer = await established(dialler);
    expect(peer['tcp-password-enabled']).toBe(true);
    if (more.length > 0) await tor().configureBgp(rack.asn, `no ${neighbor} passive`);
  });

  test('another password at the router: our status says so, and with the same again the session is soon up', async () => {
    await protect({ password: 'sesame' });
    await tor().configureBgp(rack.asn, `${neighbor} password poppy`);
    const down = await until(
      () => new Herald(worker()).peer(torAddress),
      (peer) => /password mismatch/.test(peer['last-down']?.text ?? ''),
      { what: 'the password mismatch in our status' },
    );
    expect(down['session-state']).not.toBe('established');
    await protect({ password: 'poppy' });
    await tor().established(address);
  });

  test('the password that changes on our side is the reason that the router hears', async () => {
    const since = tor().logEnd;
    await protect({ password: 'wheat' });
    expect(await tor().notified(address, '6/6', since)).toContain('Other Configuration Change');
    await tor().configureBgp(rack.asn, `${neighbor} password wheat`);
    await tor().established(address);
  });

  test('nobody is told the password', async () => {
    const json = await worker().text(['herald', 'describe', 'peer', 'tor', '-o', 'json']);
    const text = await worker().text(['herald', 'describe', 'peer', 'tor']);
    for (const password of ['sesame', 'poppy', 'wheat'])
      expect(`${json}${text}${worker().logs()}`).not.toContain(password);
  });

  test.each(['us', 'router'] as const)('TTL security, dialled by %s', async (dialler) => {
    const passive = dialler === 'us' ? `${neighbor} passive` : `no ${neighbor} passive`;
    await tor().configureBgp(rack.asn, `no ${neighbor} password`, passive, `${neighbor} ttl-security hops 1`);
    await protect({ ttlSecurity: true, passive: dialler === 'router' });
    await tor().vtysh('clear bgp *');
    const peer = await established(dialler);
    expect(peer.configured['ttl-security']).toBe(true);
  });
});
