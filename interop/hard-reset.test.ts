import { beforeAll, describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress, pods } = rack.worker1;
const neighbor = `neighbor ${address}`;

interface Wanted {
  readonly holdTime?: number;
  readonly adminDown?: string;
}

function configuration({ holdTime = 90, adminDown }: Wanted = {}): string {
  return `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${pods}"] }]
    peers:
      - name: tor
        peerAddress: "${torAddress}"
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: ${holdTime} }
        gracefulRestart: { enabled: true, restartTimeSeconds: 60 }
${adminDown === undefined ? '' : `        adminDown: ${adminDown}\n`}`;
}

const kept = { ours: { received: 1, stale: 1 }, theirs: { stale: [true], inKernel: true } };
const gone = { ours: { received: 0, stale: 0 }, theirs: { stale: [], inKernel: false } };

/** What the router is told, the Cease that we hear, and what each end has of the other afterwards. */
const resets = [
  ['gracefully, and each keeps what the other sent', 'no bgp hard-administrative-reset', 'Administrative Reset', kept],
  ['hard, and each forgets what the other sent', 'bgp hard-administrative-reset', 'Hard Reset', gone],
] as const;

describe.each(frrVersions)('NOTIFICATIONs and graceful restart (RFC 8538), FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const herald = () => new Herald(worker());

  const configure = (wanted: Wanted = {}) => herald().configure(configuration(wanted));

  /** Each end has the other's route, none of them stale. */
  async function up(): Promise<void> {
    await tor().established(address);
    await until(
      async () => [await tor().paths(pods), (await tor().kernel())[pods], await ours()] as const,
      ([paths, inKernel, { received, stale }]) =>
        paths.length === 1 && paths[0]?.stale !== true && inKernel !== undefined && received === 1 && stale === 0,
      { what: 'both to have the other’s route' },
    );
  }

  /** What we have of the router. */
  async function ours() {
    const { families } = await herald().peer(torAddress);
    const family = families.find(({ afi }) => afi === 'ipv6');
    return { received: family?.received, stale: family?.stale };
  }

  /** What the router has of us, in its table and in its kernel. */
  async function theirs() {
    const [paths, kernel] = [await tor().paths(pods), await tor().kernel()];
    return { stale: paths.map(({ stale }) => stale === true), inKernel: kernel[pods] !== undefined };
  }

  const ended = () =>
    until(
      () => tor().neighbor(address),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session' },
    );

  /** Loses what the router sends us, but for what these rules let through. */
  async function cutOff(except: readonly (readonly string[])[], meanwhile: () => Promise<void>): Promise<void> {
    const rules = [...except.map((rule) => [...rule, 'lookup', 'main']), ['blackhole']];
    const change = async (word: 'add' | 'del') => {
      for (const [index, rule] of rules.entries())
        await lab()
          .node('tor')
          .exec(['ip', '-6', 'rule', word, 'pref', `${index + 1}`, 'to', address, ...rule]);
    };
    await change('add');
    try {
      await meanwhile();
    } finally {
      await change('del');
    }
  }

  /** Its TCP connection goes on, and no other comes up. */
  async function onlyThisSession(meanwhile: () => Promise<void>): Promise<void> {
    const { 'local-port': ours, 'remote-port': theirs } = await herald().peer(torAddress);
    await cutOff([['ipproto', 'tcp', 'sport', `${theirs}`, 'dport', `${ours}`]], meanwhile);
  }

  /** That we heard so from the router; what the status says is soon that it does not answer. */
  const heard = (text: string, since: number) =>
    until(
      () => worker().process('herald').logged(since),
      (log) => log.split('\n').some((line) => line.includes('"notification-received"') && line.includes(text)),
      { what: `${text} in our log` },
    );

  async function expectBoth(wanted: typeof kept | typeof gone): Promise<void> {
    await until(
      async () => ({ ours: await ours(), theirs: await theirs() }),
      (found) => JSON.stringify(found) === JSON.stringify(wanted),
      // A third of the restart time, after which all is gone in any case.
      { what: JSON.stringify(wanted), within: 20 },
    );
  }

  beforeAll(async () => {
    await tor().configureBgp(
      rack.asn,
      'bgp graceful-restart',
      'bgp graceful-restart notification',
      'bgp graceful-restart preserve-fw-state',
      'address-family ipv6 unicast',
      `${neighbor} default-originate`,
    );
    await configure();
    await tor().vtysh('clear bgp *');
    await up();
  });

  test('both say that they can do it', async () => {
    const { 'remote-capabilities': theirCapabilities } = await herald().peer(torAddress);
    expect(theirCapabilities).toContainEqual(
      expect.objectContaining({ name: 'graceful-restart', text: expect.stringContaining('notification') }),
    );
  });

  // FRR 8.4 claims the N bit, and knows no Hard Reset of its own yet.
  test.each(version === '8.4.4' ? [] : resets)('the router resets the session: %s', async (_, command, words, what) => {
    await tor().configureBgp(rack.asn, command);
    const since = worker().process('herald').logged().length;
    await onlyThisSession(async () => {
      await tor().vtysh(`clear bgp ${address}`);
      await ended();
      await heard(words, since);
      await expectBoth(what);
    });
    await up();
  });

  test('another configuration at our end (Cease 6/6): each keeps what the other sent', async () => {
    const since = tor().logEnd;
    await cutOff([], async () => {
      await configure({ holdTime: 60 });
      await ended();
      await expectBoth(kept);
    });
    await tor().notified(address, '6/6', since);
    await up();
  });

  test('a peer that is shut down at our end (Cease 6/9 around 6/2): each forgets what the other sent', async () => {
    await configure({ adminDown: 'cable' });
    await expectBoth(gone);
    await configure();
    await up();
  });
});
