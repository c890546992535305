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

/** What the router is told, the subcode of its Cease, and what each end has of the other afterwards. */
const resets = [
  ['gracefully, and each keeps what the other sent', 'no bgp hard-administrative-reset', 4, kept],
  ['hard, and each forgets what the other sent', 'bgp hard-administrative-reset', 9, gone],
] as const;

describe.each(frrVersions)('NOTIFICATIONs and graceful restart (RFC 8538), FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const herald = () => new Herald(worker());

  async function configure(wanted: Wanted = {}): Promise<void> {
    await worker().write('/etc/herald/herald.yaml', configuration(wanted));
    await worker().process('herald').signal('HUP');
  }

  /** Each end has the other's route, none of them stale. */
  async function up(): Promise<void> {
    await tor().established(address, 20);
    await until(
      async () => [await tor().paths(pods), (await tor().kernel())[pods], await ours()] as const,
      ([paths, inKernel, { received, stale }]) =>
        paths.length === 1 && paths[0]?.stale !== true && inKernel !== undefined && received === 1 && stale === 0,
      { what: 'both to have the other’s route', within: 20 },
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

  /** Nothing that the router sends reaches us meanwhile: no connection comes up, and what we say still arrives. */
  async function cutOff(meanwhile: () => Promise<void>): Promise<void> {
    const rule = (change: 'add' | 'del') =>
      lab().node('tor').exec(['ip', '-6', 'rule', change, 'pref', '1', 'to', address, 'blackhole']);
    await rule('add');
    try {
      await meanwhile();
    } finally {
      await rule('del');
    }
  }

  async function expectBoth(wanted: typeof kept | typeof gone): Promise<void> {
    await until(
      async () => ({ ours: await ours(), theirs: await theirs() }),
      (found) => JSON.stringify(found) === JSON.stringify(wanted),
      { what: JSON.stringify(wanted), within: 3 },
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
  test.each(version === '8.4.4' ? [] : resets)(
    'the router resets the session: %s',
    async (_, command, subcode, what) => {
      await tor().configureBgp(rack.asn, command);
      await tor().vtysh(`clear bgp ${address}`);
      await ended();
      // Only now, for we are to hear it.
      await cutOff(async () => {
        expect((await tor().neighbor(address)).bgpState).not.toBe('Established');
        expect((await herald().peer(torAddress))['last-down']).toMatchObject({ code: 6, subcode });
        await expectBoth(what);
      });
      await up();
    },
  );

  test('another configuration at our end (Cease 6/6): each keeps what the other sent', async () => {
    await cutOff(async () => {
      await configure({ holdTime: 60 });
      await ended();
      await expectBoth(kept);
    });
    expect((await tor().neighbor(address)).lastErrorCodeSubcode).toBe('0606');
    await up();
  });

  test('a peer that is shut down at our end (Cease 6/9 around 6/2): each forgets what the other sent', async () => {
    await configure({ adminDown: 'cable' });
    await expectBoth(gone);
    await configure();
    await up();
  });
});
