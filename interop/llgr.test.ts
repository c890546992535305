import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { Herald } from './lab/herald.ts';
import { useLab } from './lab/scenario.ts';
import { startHerald } from './lab/start.ts';
import { until } from './lab/until.ts';
import { bird, frr, gobgp, type Router, restartTime, type Sight, staleTime } from './llgr/router.ts';

interface Row {
  readonly node: string;
  readonly title: string;
  readonly router: Router;
}

/** In the order of the links in llgr.clab.yml. */
const rows: readonly Row[] = [
  { node: 'frr10', title: 'FRR 10.7.1', router: frr },
  { node: 'frr8', title: 'FRR 8.4.4', router: frr },
  { node: 'bird3', title: 'BIRD 3.4', router: bird },
  { node: 'bird2', title: 'BIRD 2.0.12', router: bird },
  { node: 'gobgp4', title: 'GoBGP 4.8', router: gobgp },
  { node: 'gobgp3', title: 'GoBGP 3.10', router: gobgp },
];

/** Herald's routes. */
const pods = '2001:db8:a:1::/64';
const marked = '2001:db8:a:2::/64';

const endsOf = (index: number) => ({
  asn: 65101 + index,
  router: `2001:db8:0:${index + 1}::1`,
  herald: `2001:db8:0:${index + 1}::a`,
});
const announcedBy = (index: number) => ({
  kept: `2001:db8:b:${index + 1}::/64`,
  noLlgr: `2001:db8:c:${index + 1}::/64`,
});

const configuration = `stateDir: /var/lib/herald
instances:
  - name: llgr
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    paths:
      - { prefixes: ["${pods}"] }
      - { prefixes: ["${marked}"], communities: [no-llgr] }
    peers:
${rows
  .map(({ node }, index) => {
    const { asn, router, herald } = endsOf(index);
    return `      - name: ${node}
        peerAddress: "${router}"
        peerASN: ${asn}
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
        transport: { localAddress: "${herald}" }
        gracefulRestart:
          enabled: true
          restartTimeSeconds: ${restartTime}
          longLived: [{ family: ipv6/unicast, staleTimeSeconds: ${staleTime} }]
`;
  })
  .join('')}`;

/** How long after the beginning each new sight came, in seconds. */
type History = readonly { readonly sight: string; readonly at: number }[];

/** Looks until `enough`; each sight that differs from the one before is written down. `begin`: of the clock that the times are from. */
async function observe<T extends string>(
  begin: number,
  look: () => Promise<T>,
  enough: (sights: readonly T[]) => boolean,
): Promise<History> {
  const history: { sight: T; at: number }[] = [];
  const end = begin + (restartTime + staleTime + 60) * 1000;
  while (performance.now() < end) {
    const sight = await look();
    if (history.at(-1)?.sight !== sight) history.push({ sight, at: (performance.now() - begin) / 1000 });
    if (enough(history.map((each) => each.sight))) break;
    await sleep(100);
  }
  return history;
}

const sights = (history: History = []) => history.map(({ sight }) => sight);
const first = (history: History = [], wanted: string) => history.find(({ sight }) => sight === wanted)?.at ?? 0;
const untilGone = (seen: readonly string[]) => seen.at(-1) === 'gone';

describe('long-lived graceful restart (RFC 9494)', () => {
  const lab = useLab(import.meta.url, 'llgr.clab.yml');
  const herald = () => new Herald(lab().node('herald'));

  async function start(): Promise<void> {
    await startHerald(lab().node('herald'));
  }

  /** All have all, and nothing is stale. */
  async function synchronized(): Promise<void> {
    await until(
      async () =>
        Promise.all(
          rows.flatMap(({ node, router }, index) => [
            router.sight(lab().node(node), pods),
            router.sight(lab().node(node), marked),
            ours(index),
          ]),
        ),
      (all) => all.every((sight) => sight === 'plain' || sight === 'plain, plain'),
      { what: 'every route, everywhere' },
    );
  }

  /** What we have of a router's two routes. */
  async function ours(index: number): Promise<`${Sight}, ${Sight}`> {
    const routes = await herald().routes(`received ipv6/unicast peer ${endsOf(index).router}`);
    const sightOf = (wanted: string): Sight => {
      const [path] = routes.find(({ prefix }) => prefix === wanted)?.paths ?? [];
      if (path === undefined) return 'gone';
      return path.communities?.includes('llgr-stale') === true ? 'LLGR_STALE' : 'plain';
    };
    const { kept, noLlgr } = announcedBy(index);
    return `${sightOf(kept)}, ${sightOf(noLlgr)}`;
  }

  beforeAll(async () => {
    const node = lab().node('herald');
    await Promise.all(
      rows.map(async ({ node: name, router }, index) => {
        const ends = endsOf(index);
        const at = lab().node(name);
        await at.exec(['ip', '-6', 'addr', 'add', `${ends.router}/64`, 'dev', 'eth1', 'nodad']);
        await node.exec(['ip', '-6', 'addr', 'add', `${ends.herald}/64`, 'dev', `eth${index + 1}`, 'nodad']);
        await router.start(at, ends, announcedBy(index));
      }),
    );
    node.write('/etc/herald/herald.yaml', configuration);
    await start();
    await synchronized();
  });

  describe('Herald dies and comes back in the long-lived time', () => {
    let histories: readonly History[];
    beforeAll(async () => {
      const begin = performance.now();
      await lab().node('herald').process('herald').stop('SIGKILL');
      const all = rows.map(({ node, router }) =>
        observe(
          begin,
          () => router.sight(lab().node(node), pods),
          (seen) => seen.includes('LLGR_STALE') && seen.at(-1) === 'plain',
        ),
      );
      await until(
        () => Promise.all(rows.map(({ node, router }) => router.sight(lab().node(node), pods))),
        (seen) => seen.every((sight) => sight === 'LLGR_STALE'),
        { what: 'LLGR_STALE everywhere', within: restartTime + staleTime },
      );
      await start();
      histories = await Promise.all(all);
      await synchronized();
    });

    test.each(rows.map(({ title }, index) => [title, index] as const))(
      '%s keeps its routes all the time',
      (_, index) => {
        expect(sights(histories[index])).toEqual(['plain', 'LLGR_STALE', 'plain']);
      },
    );
  });

  describe('Herald dies for good', () => {
    let histories: readonly {
      readonly pods: History;
      readonly marked: History;
      readonly kernel: History | undefined;
    }[];
    beforeAll(async () => {
      const begin = performance.now();
      await lab().node('herald').process('herald').stop('SIGKILL');
      histories = await Promise.all(
        rows.map(async ({ node: name, router }) => {
          const node = lab().node(name);
          const [seenPods, seenMarked, kernel] = await Promise.all([
            observe(begin, () => router.sight(node, pods), untilGone),
            observe(begin, () => router.sight(node, marked), untilGone),
            router.forwards &&
              observe(
                begin,
                async () => ((await router.forwards?.(node, pods)) === true ? 'there' : 'gone'),
                untilGone,
              ),
          ]);
          return { pods: seenPods, marked: seenMarked, kernel };
        }),
      );
      await start();
      await synchronized();
    });

    const cases = rows.map(({ title }, index) => [title, index] as const);
    test.each(cases)('%s keeps a route as long-lived stale, forwards it, and drops it when that ends', (_, index) => {
      const { pods: history, kernel } = histories[index] ?? {};
      expect(sights(history)).toEqual(['plain', 'LLGR_STALE', 'gone']);
      expect(first(history, 'LLGR_STALE')).toBeGreaterThan(restartTime - 1);
      expect(first(history, 'gone')).toBeGreaterThan(restartTime + staleTime - 1);
      if (kernel === undefined) return;
      expect(sights(kernel)).toEqual(['there', 'gone']);
      expect(first(kernel, 'gone')).toBeGreaterThan(restartTime + staleTime - 1);
    });

    test.each(cases)('%s drops one with NO_LLGR when the restart time ends', (_, index) => {
      const { pods: history, marked: seen } = histories[index] ?? {};
      expect(sights(seen)).toEqual(['plain', 'gone']);
      expect(first(seen, 'gone')).toBeLessThan(first(history, 'gone'));
    });
  });

  describe('the router dies', () => {
    let histories: readonly History[];
    beforeAll(async () => {
      const begin = performance.now();
      const all = rows.map((_, index) =>
        observe(
          begin,
          () => ours(index),
          (seen) => seen.at(-1) === 'gone, gone',
        ),
      );
      await Promise.all(rows.map(({ node, router }) => router.process(lab().node(node)).stop('SIGKILL')));
      histories = await Promise.all(all);
    });

    test.each(rows.map(({ title }, index) => [title, index] as const))(
      '%s: Herald has its routes with LLGR_STALE, but not the one with NO_LLGR, until that time ends',
      (_, index) => {
        const history = histories[index];
        const staleAlone = 'LLGR_STALE, gone';
        expect(sights(history)).toEqual(['plain, plain', staleAlone, 'gone, gone']);
        expect(first(history, staleAlone)).toBeGreaterThan(restartTime);
        expect(first(history, 'gone, gone')).toBeGreaterThan(restartTime + staleTime);
      },
    );
  });

  test('nothing of a peer is left in the end', async () => {
    for (const { families } of await herald().peers()) expect(families[0]).toMatchObject({ received: 0, stale: 0 });
  });
});
