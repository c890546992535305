import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Herald } from './lab/herald.ts';
import type { NodeProcess } from './lab/node.ts';
import { useLab } from './lab/scenario.ts';
import { startHerald } from './lab/start.ts';
import { until } from './lab/until.ts';
import { bird } from './matrix/bird.ts';
import { exabgp } from './matrix/exabgp.ts';
import { frr } from './matrix/frr.ts';
import { gobgp } from './matrix/gobgp.ts';
import { openbgpd } from './matrix/openbgpd.ts';
import { type Ends, type Feature, features, heraldAsn, port, type Router, type Setup } from './matrix/router.ts';
import { type Cell, writeTable } from './matrix/table.ts';

interface Row {
  readonly node: string;
  readonly title: string;
  readonly router: Router;
  readonly lacks: Partial<Record<Feature, string>>;
}

const noBfd = 'It has no BFD.';
const noInterfaces = 'A neighbour is an address in its configuration, not an interface.';

/** In the order of the links in matrix.clab.yml. */
const rows: readonly Row[] = [
  { node: 'frr10', title: 'FRR 10.7.1', router: frr, lacks: {} },
  { node: 'frr8', title: 'FRR 8.4.4', router: frr, lacks: {} },
  { node: 'bird3', title: 'BIRD 3.4', router: bird, lacks: {} },
  { node: 'bird2', title: 'BIRD 2.0.12', router: bird, lacks: {} },
  {
    node: 'gobgp',
    title: 'GoBGP 4.8',
    router: gobgp,
    lacks: { 'route refresh': 'It keeps what it was sent and evaluates that again; no command asks the peer.' },
  },
  {
    node: 'openbgpd',
    title: 'OpenBGPD 9.3',
    router: openbgpd,
    lacks: { unnumbered: noInterfaces, BFD: noBfd, 'BFD by link-local address': noBfd },
  },
  {
    node: 'exabgp',
    title: 'ExaBGP 5.0',
    router: exabgp,
    lacks: {
      unnumbered: noInterfaces,
      BFD: noBfd,
      'BFD by link-local address': noBfd,
      'graceful restart': 'It has no table in which routes could stay.',
    },
  },
];

const cells = new Map(
  rows.map(({ title, lacks }) => [
    title,
    new Map<Feature, Cell>(
      features.flatMap((feature) => (lacks[feature] ? [[feature, { lacks: lacks[feature] }]] : [])),
    ),
  ]),
);

afterAll(() => {
  // A part of the matrix says nothing of the rest.
  if ([...cells.values()].every((row) => features.every((feature) => row.has(feature)))) writeTable(cells);
});

const pods = '2001:db8:a:1::/64';
const service = '192.0.2.80/32';
/** Herald's on every link. A router on the link is told both of our addresses, and shows the one that it uses. */
const linkLocal = 'fe80::a';

function endsOf(index: number, addresses: Setup['addresses']): Ends {
  const asn = 65101 + index;
  const unnumbered = addresses === 'unnumbered';
  if (addresses !== 'global') return { asn, unnumbered, router: `fe80::${index + 1}`, herald: linkLocal };
  return { asn, unnumbered, router: `2001:db8:0:${index + 1}::1`, herald: `2001:db8:0:${index + 1}::a` };
}

function heraldConfiguration(setup: Setup): string {
  const { addresses, families, password, ttlSecurity = false, gracefulRestart = false, addPath, bfd = false } = setup;
  const peers = rows.map(({ node }, index) => {
    const { asn, router, herald } = endsOf(index, addresses);
    const zone = addresses === 'link-local' ? `%eth${index + 1}` : '';
    return `      - name: ${node}
        ${addresses === 'unnumbered' ? `peerInterface: eth${index + 1}` : `peerAddress: "${router}${zone}"`}
        peerASN: ${asn}
        families: [${families.map((family) => `${family}/unicast`).join(', ')}]
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: ${bfd ? 90 : 9} }
        transport: { ${addresses === 'unnumbered' ? '' : `localAddress: "${herald}${zone}", `}ttlSecurity: ${ttlSecurity} }
${addPath === true ? '        addPaths: [{ family: ipv6/unicast, mode: send }]\n' : ''}        gracefulRestart: { enabled: ${gracefulRestart}, restartTimeSeconds: 120 }
        bfd: { enabled: ${bfd} }
${password === undefined ? '' : `        password: ${password}\n`}`;
  });
  return `instances:
  - name: matrix
    localASN: ${heraldAsn}
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${pods}"${families.includes('ipv4') ? `, "${service}"` : ''}] }]
    peers:
${peers.join('')}`;
}

/** Both ends of every session configured so; `look` declares what is looked at. */
function configured(name: string, setup: Setup, look: (tests: Tests) => void): void {
  describe(`${name}`, () => {
    const lab = useLab(import.meta.url, 'matrix.clab.yml');
    beforeAll(async () => {
      const herald = lab().node('herald');
      const addresses = async (node: string, device: string, index: number, end: 'router' | 'herald') => {
        const own = endsOf(index, 'link-local')[end];
        const ip = (...words: string[]) =>
          lab()
            .node(node)
            .exec(['ip', '-6', 'addr', ...words]);
        // The one that the kernel made up would be the source of the router's connections.
        await ip('flush', 'dev', device, 'scope', 'link');
        await ip('add', `${own}/64`, 'dev', device);
        // Routers are in the group that a router solicitation goes to.
        if (end === 'router') await lab().node(node).exec(['sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1']);
        if (setup.addresses === 'global') await ip('add', `${endsOf(index, 'global')[end]}/64`, 'dev', device);
      };
      await Promise.all(
        rows.map(async ({ node, router }, index) => {
          await addresses(node, port, index, 'router');
          await addresses('herald', `eth${index + 1}`, index, 'herald');
          await router.start(lab().node(node), setup, endsOf(index, setup.addresses));
        }),
      );
      herald.write('/etc/herald/herald.yaml', heraldConfiguration(setup));
      await startHerald(herald);
    });

    look({
      of(feature, check, before) {
        const having = rows.flatMap((row, index) => (row.lacks[feature] === undefined ? [{ ...row, index }] : []));
        describe(`${feature}`, () => {
          if (before !== undefined) beforeAll(() => before(new Herald(lab().node('herald'))));
          test.each(having)('$title', async ({ node, title, router, index }) => {
            cells.get(title)?.set(feature, 'fails');
            const ends = endsOf(index, setup.addresses);
            const zone = setup.addresses === 'link-local' ? `%eth${index + 1}` : '';
            const at = lab().node(node);
            const checked = check({
              routes: (family) => router.routes(at, family, ends),
              refresh: () => router.refresh(at, ends),
              isEstablished: () => router.isEstablished(at, ends),
              ended: () => router.ended(at, ends),
              bfdIsUp: async () => (await router.bfd?.isUp(at, ends)) ?? false,
              bfdProcess: () => at.process(router.bfd?.process ?? ''),
              herald: new Herald(lab().node('herald')),
              peer: `${ends.router}${zone}`,
              ends,
            });
            await expect(checked).resolves.toBeUndefined();
            cells.get(title)?.set(feature, 'works');
          });
        });
      },
    });
  });
}

interface Tests {
  /** A cell of the matrix for each router that has the feature; `before` is done once for all. */
  readonly of: (
    feature: Feature,
    check: (session: Session) => Promise<void>,
    before?: (herald: Herald) => Promise<void>,
  ) => void;
}

interface Session {
  readonly routes: (family: 'ipv6' | 'ipv4') => Promise<Readonly<Record<string, readonly string[]>>>;
  readonly refresh: () => Promise<void>;
  readonly isEstablished: () => Promise<boolean>;
  readonly ended: () => Promise<string>;
  readonly bfdIsUp: () => Promise<boolean>;
  readonly bfdProcess: () => NodeProcess;
  readonly herald: Herald;
  /** The router as Herald names it. */
  readonly peer: string;
  readonly ends: Ends;
}

function expectOurs(nextHops: readonly string[] = [], ends: Ends): void {
  const ours = [ends.herald, linkLocal];
  expect(nextHops.map((nextHop) => nextHop.replace(/%.*/, '')).find((nextHop) => ours.includes(nextHop))).toBeDefined();
}

async function hasPods({ routes, ends }: Session): Promise<void> {
  const found = await until(
    () => routes('ipv6'),
    (table) => table[pods] !== undefined,
    { what: `${pods} in the table` },
  );
  expectOurs(found[pods], ends);
}

configured('plain sessions', { addresses: 'global', families: ['ipv6'] }, ({ of }) => {
  of('numbered', hasPods);

  of('route refresh', async ({ herald, peer, refresh, routes }) => {
    const asked = async () => (await herald.peer(peer)).counters['route-refreshes-received'] ?? 0;
    const before = await asked();
    await refresh();
    await until(asked, (count) => count > before, { what: 'the router to ask for everything again' });
    expect(await routes('ipv6')).toHaveProperty([pods]);
  });

  const long = '2001:db8:a:ff::/64';
  of(
    'extended messages',
    async ({ routes }) => {
      await until(
        () => routes('ipv6'),
        (table) => table[long] !== undefined,
        { what: `${long} in the table` },
      );
    },
    async (herald) => {
      // More than the 4096 octets of a plain message hold.
      const communities = Array.from({ length: 1100 }, (_, i) => `65001:${i}`);
      await herald.advertise([long], ...communities.flatMap((community) => ['--community', community]));
    },
  );

  of(
    'shutdown text',
    async ({ ended }) => {
      await until(ended, (text) => text.includes('herald stops (SIGTERM)'), { what: 'our words at the router' });
    },
    async (herald) => {
      await herald.stop();
    },
  );
});

configured('IPv4 and IPv6 over one IPv6 session', { addresses: 'global', families: ['ipv6', 'ipv4'] }, ({ of }) => {
  of('IPv4 over IPv6', async (session) => {
    await hasPods(session);
    const found = await until(
      () => session.routes('ipv4'),
      (table) => table[service] !== undefined,
      { what: `${service} in the table` },
    );
    expectOurs(found[service], session.ends);
  });
});

configured('sessions between link-local addresses', { addresses: 'link-local', families: ['ipv6'] }, ({ of }) => {
  of('link-local address', hasPods);
});

configured('sessions that know only the interface', { addresses: 'unnumbered', families: ['ipv6'] }, ({ of }) => {
  of('unnumbered', hasPods);
});

async function hasPassword(session: Session): Promise<void> {
  await hasPods(session);
  expect((await session.herald.peer(session.peer))['tcp-password-enabled']).toBe(true);
}

configured('sessions with a password', { addresses: 'global', families: ['ipv6'], password: 'sesame' }, ({ of }) => {
  of('MD5', hasPassword);
});

configured(
  'sessions between link-local addresses, with a password',
  { addresses: 'link-local', families: ['ipv6'], password: 'sesame' },
  ({ of }) => {
    of('MD5 by link-local address', hasPassword);
  },
);

configured('sessions with TTL security', { addresses: 'global', families: ['ipv6'], ttlSecurity: true }, ({ of }) => {
  of('GTSM', async (session) => {
    await hasPods(session);
    expect((await session.herald.peer(session.peer)).configured['ttl-security']).toBe(true);
  });
});

configured(
  'sessions with graceful restart',
  { addresses: 'global', families: ['ipv6'], gracefulRestart: true },
  ({ of }) => {
    of(
      'graceful restart',
      async ({ isEstablished, routes, ends }) => {
        await until(isEstablished, (established) => !established, { what: 'the router to see the session end' });
        expectOurs((await routes('ipv6'))[pods], ends);
      },
      async (herald) => {
        await until(
          () => herald.peers(),
          (peers) => peers.every(({ families }) => families.every(({ advertised }) => advertised > 0)),
          { what: 'every router to be told' },
        );
        await herald.stop();
      },
    );
  },
);

/** Seconds. The detection time is 0.9; the hold time takes sixty at least. */
const soon = 30;

const expired = 'control detection time expired';

async function detectsBothWays(session: Session): Promise<void> {
  const { herald, peer, routes, bfdIsUp, bfdProcess } = session;
  const up = () =>
    until(
      async () => [await bfdIsUp(), (await herald.peer(peer)).bfd?.state, (await routes('ipv6'))[pods] !== undefined],
      (found) => found.join() === 'true,up,true',
      { what: 'BFD to be up at the router and at our end, and the route to be there' },
    );
  const frozen = async (process: NodeProcess, check: () => Promise<void>) => {
    process.signal('SIGSTOP');
    try {
      await check();
    } finally {
      process.signal('SIGCONT');
    }
  };
  await up();
  await frozen(herald.node.process('herald'), async () => {
    await until(
      () => routes('ipv6'),
      (table) => table[pods] === undefined,
      { what: `${pods} to be gone from the router's table`, within: soon },
    );
  });
  await up();
  const since = herald.node.process('herald').logged().length;
  await frozen(bfdProcess(), async () => {
    // In the log: the status says what became of the next attempt.
    await until(
      () => herald.node.process('herald').logged(since),
      (log) =>
        log
          .split('\n')
          .some((line) => [`"${peer}"`, '"notification-sent"', expired].every((words) => line.includes(words))),
      { what: 'BFD Down at our end', within: soon },
    );
    expect((await herald.peer(peer)).bfd?.diagnostic).toBe(expired);
  });
  await up();
}

configured('sessions with BFD', { addresses: 'global', families: ['ipv6'], bfd: true }, ({ of }) => {
  of('BFD', detectsBothWays);
});

configured(
  'sessions between link-local addresses, with BFD',
  { addresses: 'link-local', families: ['ipv6'], bfd: true },
  ({ of }) => {
    of('BFD by link-local address', detectsBothWays);
  },
);

/** A prefix for each router, with two next hops on that router's link. */
const twice = (asn: number): string => `2001:db8:b:${asn - 65100}::/64`;
const legsOf = (router: string): string[] => ['b', 'c'].map((end) => router.replace(/1$/, end));

configured('sessions with ADD-PATH', { addresses: 'global', families: ['ipv6'], addPath: true }, ({ of }) => {
  of(
    'ADD-PATH',
    async ({ routes, ends }) => {
      const found = await until(
        () => routes('ipv6'),
        (table) => (table[twice(ends.asn)]?.length ?? 0) > 1,
        { what: `both paths of ${twice(ends.asn)}` },
      );
      expect(found[twice(ends.asn)]?.toSorted()).toEqual(legsOf(ends.router));
    },
    async (herald) => {
      for (const index of rows.keys()) {
        const { asn, router } = endsOf(index, 'global');
        for (const [id, leg] of legsOf(router).entries())
          await herald.advertise([twice(asn)], '--next-hop', leg, '--path-id', `${id + 1}`);
      }
    },
  );
});
