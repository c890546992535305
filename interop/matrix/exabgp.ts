import { startExabgp } from '../lab/start.ts';
import { gather, heraldAsn, port, type Router } from './router.ts';

const script = '/etc/exabgp/events.py';
/** Where its events go, one JSON object on each line. */
const events = '/tmp/events.json';

interface Nlri {
  readonly nlri: string;
  readonly 'path-information'?: string;
}

interface Event {
  readonly type: string;
  readonly neighbor?: {
    readonly message?: {
      readonly update?: {
        readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly Nlri[]>>>>;
        readonly withdraw?: Readonly<Record<string, readonly Nlri[]>>;
      };
    };
  };
}

/** It has no RIB: what it took is what its events say. */
export const exabgp: Router = {
  isEstablished() {
    throw new Error('it has no graceful restart to look at');
  },
  async start(node, { addresses, families, password, ttlSecurity, addPath }, { asn, router, herald }) {
    const lines = [
      // What it printed ExaBGP would take for a command.
      `process events { run /usr/bin/python3 ${script}; encoder json; }`,
      `neighbor ${herald} {`,
      `router-id 10.255.0.${asn % 256};`,
      `local-address ${router};`,
      ...(addresses === 'link-local' ? [`source-interface ${port};`] : []),
      `local-as ${asn};`,
      `peer-as ${heraldAsn};`,
      ...(password === undefined ? [] : [`md5-password '${password}';`]),
      ...(ttlSecurity === true ? ['outgoing-ttl 255;', 'incoming-ttl 255;'] : []),
      `capability { route-refresh enable; extended-message enable; nexthop enable; ${addPath === true ? 'add-path receive; ' : ''}}`,
      `family { ${families.map((family) => `${family} unicast;`).join(' ')} }`,
      ...(families.includes('ipv4') ? ['nexthop { ipv4 unicast ipv6; }'] : []),
      'api { processes [ events ]; receive { parsed; update; notification; } }',
      '}',
    ];
    node.write('/etc/exabgp/exabgp.conf', `${lines.join('\n')}\n`);
    node.write(
      script,
      `import sys\nwith open('${events}', 'a', 1) as f:\n    for line in iter(sys.stdin.readline, ''): f.write(line)\n`,
    );
    node.write(events, '');
    await startExabgp(node);
  },
  async routes(node, family) {
    const paths = new Map<string, { readonly prefix: string; readonly nextHop: string }>();
    const key = (route: Nlri): string => `${route.nlri} ${route['path-information'] ?? ''}`;
    const text = node.read(events);
    for (const line of text.split('\n').slice(0, -1)) {
      const update = (JSON.parse(line) as Event).neighbor?.message?.update;
      for (const route of update?.withdraw?.[`${family} unicast`] ?? []) paths.delete(key(route));
      for (const [nextHop, routes] of Object.entries(update?.announce?.[`${family} unicast`] ?? {}))
        for (const route of routes) paths.set(key(route), { prefix: route.nlri, nextHop });
    }
    const found: Record<string, string[]> = {};
    for (const { prefix, nextHop } of paths.values()) gather(found, prefix, nextHop);
    return found;
  },
  async refresh(node) {
    await node.exec(['exabgp-cli', 'announce', 'route-refresh', 'ipv6', 'unicast']);
  },
  async ended(node) {
    return `${node.read(events)}${node.logs()}`;
  },
};
