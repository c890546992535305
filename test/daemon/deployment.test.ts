import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { herald } from '../cli/herald.ts';

// What is copied to a cluster: that its parts fit each other, and the daemon.

interface Probe {
  readonly httpGet: { readonly host: string; readonly port: number; readonly path: string };
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly securityContext: {
    readonly runAsUser: number;
    readonly runAsNonRoot: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Hook {
  readonly preStop: { readonly exec: { readonly command: readonly string[] } };
}

interface Daemon extends Container {
  readonly lifecycle?: Hook;
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface DaemonSet {
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly hostNetwork: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly initContainers: readonly [Container];
        readonly containers: readonly [Daemon];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

const text = readFileSync('config/kubernetes/daemonset.yaml', 'utf8');
const { spec } = parse(text) as DaemonSet;
/** The same with its switch: the line that is there as a comment. */
const switched = parse(text.replace('# lifecycle:', 'lifecycle:')) as DaemonSet;
const pod = spec.template.spec;
const [init] = pod.initContainers;
const [daemon] = pod.containers;
const config = loadConfig('config/kubernetes/herald.yaml');
const dockerfile = readFileSync('config/Dockerfile', 'utf8');

describe('config/kubernetes', () => {
  test('the pods are on the network of the node, and are those that the DaemonSet selects', () => {
    expect(pod.hostNetwork).toBe(true);
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
  });

  test('the probes ask where the configuration says that they are answered', () => {
    const { startupProbe, livenessProbe, readinessProbe } = daemon;
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
      expect(config.telemetry?.listen).toMatchObject({ host: httpGet.host, port: httpGet.port });
    expect(livenessProbe.httpGet.path).toBe('/healthz');
    expect([startupProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual(['/readyz', '/readyz']);
  });

  test('every volume is mounted, and what the configuration names is one', () => {
    const volumes = pod.volumes.map(({ name }) => name);
    expect(daemon.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
    const paths = daemon.volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths).toEqual(expect.arrayContaining([config.stateDir, config.controlPlane?.manifests, '/etc/herald']));
    expect(init.command).toContain(config.stateDir);
  });

  test('an update is a planned restart: no hook drains, the peer keeps our routes, and the daemon knows that it was there', () => {
    expect(daemon.lifecycle).toBeUndefined();
    const documents = parseAllDocuments(readFileSync('config/cilium/manifests/bgp.yaml', 'utf8'));
    const peer = documents.find((document) => document.get('kind') === 'CiliumBGPPeerConfig');
    expect(peer?.getIn(['spec', 'gracefulRestart', 'enabled'])).toBe(true);
    expect(config.stateDir).toBeDefined();
    // SIGTERM; SIGINT would be for good.
    expect(dockerfile).toContain('\nSTOPSIGNAL SIGTERM\n');
  });

  test('the hook that one line adds is a command of this version, and the pod has longer than it takes', async () => {
    const [changed] = switched.spec.template.spec.containers;
    expect({ ...changed, lifecycle: undefined }).toEqual({ ...daemon, lifecycle: undefined });
    const [program, ...words] = changed.lifecycle?.preStop.exec.command ?? [];
    expect(program).toBe('herald');
    const { err } = await herald(...words, '--server', 'unix:/nonexistent/herald.sock');
    expect(err).toContain('/nonexistent/herald.sock');
    const [, seconds] = /^(\d+)s$/.exec(words.at(-1) ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + 10);
  });

  test('the container is what the image is made for: its version, its user, its capabilities', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const { securityContext } = daemon;
    const capabilities = /setcap (\S+)\+ep/.exec(dockerfile)?.[1]?.toUpperCase().replaceAll('CAP_', '').split(',');
    expect([init.image, daemon.image]).toEqual([`herald:${version}`, `herald:${version}`]);
    expect(dockerfile).toContain(`-t herald:${version} `);
    expect(dockerfile).toContain(`\nUSER ${securityContext.runAsUser}:`);
    expect(securityContext.runAsNonRoot).toBe(true);
    expect(securityContext.capabilities).toEqual({ drop: ['ALL'], add: capabilities });
    // The capabilities of a file are lost where no process may gain any.
    expect(securityContext.allowPrivilegeEscalation).toBe(true);
  });
});

describe('config/Dockerfile', () => {
  test('copies what is there and what .dockerignore lets through, and only that', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(copied.length).toBeGreaterThan(0);
    expect(copied.filter((file) => !existsSync(file))).toEqual([]);
    expect(ignore).toContain('*');
    expect(ignore.filter((line) => line.startsWith('!')).toSorted()).toEqual(
      copied.map((file) => `!${file}`).toSorted(),
    );
  });

  test('its command is the one of the package', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { herald: string } };
    expect(dockerfile).toContain(`ln -s /herald/${bin.herald} /usr/local/bin/herald`);
    expect(dockerfile).toContain(`chmod +x ${bin.herald}`);
  });
});
