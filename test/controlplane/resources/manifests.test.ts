import { fc, test as law } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { keyOf, keyText } from '../../../src/controlplane/resources/key.ts';
import { readManifests } from '../../../src/controlplane/resources/manifests.ts';
import { runs } from '../../runs.ts';
import { good, secret } from './good.ts';

function read(text: string) {
  return readManifests([{ file: 'a.yaml', text }]);
}

function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\n`;
}

const all = [...Object.values(good), secret];

describe('what is right', () => {
  test('documents of every kind, as YAML', () => {
    const { resources, problems, warnings } = read(all.map((each) => stringify(each)).join('---\n'));
    expect(problems).toEqual([]);
    expect(warnings.filter((text) => !text.includes('is deprecated'))).toEqual([]);
    expect(resources.map(({ resource }) => resource.kind)).toEqual(all.map(({ kind }) => kind));
    expect(resources.slice(0, -1).map(({ resource }) => resource)).toEqual(Object.values(good));
  });

  test('the same as JSON, in one List', () => {
    const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: all };
    const { resources, problems } = read(JSON.stringify(list, undefined, '\t'));
    expect(problems).toEqual([]);
    expect(resources.slice(0, -1).map(({ resource }) => resource)).toEqual(Object.values(good));
  });

  test('each says where it starts', () => {
    const list = 'kind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: c}\n';
    const { resources } = readManifests([
      { file: 'one.yaml', text: `# first\n---\n${service('a')}---\n---\n# nothing\n---\n${service('b')}` },
      { file: 'two.yaml', text: list },
    ]);
    expect(resources.map(({ resource, where }) => [keyText(keyOf(resource)), where])).toEqual([
      ['Service default/a', 'one.yaml:3:1'],
      ['Service default/b', 'one.yaml:10:1'],
      ['Service default/c', 'two.yaml:3:3'],
    ]);
  });

  test.each(['', '\n', '# only words\n', '---\n---\n', 'null\n', 'kind: List\nitems: []\n'])(
    '%j holds nothing',
    (text) => {
      expect(read(text)).toEqual({ resources: [], problems: [], warnings: [] });
    },
  );

  test('anchors and merges', () => {
    const text = `${service('a')}spec:\n  ports:\n  - &web {port: 80, protocol: TCP}\n  - {<<: *web, port: 81}\n  - *web\n`;
    const [found] = read(text).resources;
    expect(found?.resource).toMatchObject({
      spec: { ports: [{ port: 80, protocol: 'TCP' }, { port: 81, protocol: 'TCP' }, { port: 80 }] },
    });
  });

  test('the manifest of a published guide, with its one slip', () => {
    const { resources, problems, warnings } = read(`apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata:
  name: edge-router-peer
spec:
  nodeSelector:
    matchLabels:
      kubernetes.io/os: linux
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors:
        - peerAddress: "2001:db8:ffff::1/128"
          peerASN: 65000
          eBGPMultihop: false
          connectRetryTimeSeconds: 10
          holdTimeSeconds: 90
          keepAliveTimeSeconds: 30
`);
    expect(problems).toEqual([]);
    expect(resources).toHaveLength(1);
    expect(warnings.filter((text) => !text.includes('is deprecated'))).toEqual([
      'a.yaml:15:11 spec.virtualRouters[0].neighbors[0].eBGPMultihop: is not a known field; did you mean eBGPMultihopTTL? (ignored)',
    ]);
    expect(warnings).toContain(
      'a.yaml:11:7 spec.virtualRouters[0].exportPodCIDR: is deprecated; in its place is advertisementType PodCIDR of a CiliumBGPAdvertisement',
    );
  });
});

describe('what is wrong', () => {
  const head = (kind: string, apiVersion = 'cilium.io/v2') =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: a\nspec:\n`;
  const cluster = (rest: string) => `${head('CiliumBGPClusterConfig')}  bgpInstances:\n${rest}`;
  const advert = (rest: string) => `${head('CiliumBGPAdvertisement')}  advertisements:\n${rest}`;

  test.each<[string, string, ...string[]]>([
    [
      'wrong type',
      cluster('  - name: main\n    localASN: "65001"\n'),
      'a.yaml:8:15 spec.bgpInstances[0].localASN: must be a number',
    ],
    [
      'out of range',
      `${head('CiliumBGPPeerConfig')}  timers:\n    holdTimeSeconds: 2\n    keepAliveTimeSeconds: 5\n`,
      'a.yaml:7:5 spec.timers: keepAliveTimeSeconds can not be larger than holdTimeSeconds',
      'a.yaml:7:22 spec.timers.holdTimeSeconds: must be at least 3',
    ],
    [
      'unknown field',
      `${head('CiliumBGPPeerConfig')}  ebgpMultiHop: 2\n  timer: {}\n`,
      'a.yaml:6:3 spec.ebgpMultiHop: is not a known field; did you mean ebgpMultihop?',
      'a.yaml:7:3 spec.timer: is not a known field; did you mean timers?',
    ],
    [
      'missing field',
      `${head('CiliumBGPNodeConfigOverride')}  bgpInstances:\n  - routerID: 1.2.3.4\n`,
      'a.yaml:7:5 spec.bgpInstances[0].name: is required',
    ],
    [
      'duplicate name',
      cluster('  - name: main\n    peers:\n    - name: a\n      peerASN: 1\n    - name: a\n  - name: main\n'),
      'a.yaml:11:13 spec.bgpInstances[0].peers[1].name: the name a is already that of entry 0',
      'a.yaml:12:11 spec.bgpInstances[1].name: the name main is already that of entry 0',
    ],
    [
      'bad selector',
      `${head('CiliumLoadBalancerIPPool')}  serviceSelector:\n    matchLabels:\n      "not a key": x\n    matchExpressions:\n    - {key: a, operator: In}\n    - {key: a, operator: Exists, values: [b]}\n`,
      "a.yaml:8:7 spec.serviceSelector.matchLabels[\"not a key\"]: must be a label's key: letters, digits, '-', '_' and '.', after a DNS name and '/' if it has a prefix",
      "a.yaml:10:7 spec.serviceSelector.matchExpressions[0].values: must be specified when `operator` is 'In' or 'NotIn'",
      "a.yaml:11:42 spec.serviceSelector.matchExpressions[1].values: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    [
      'bad community',
      advert(
        '  - advertisementType: PodCIDR\n    attributes: {communities: {standard: ["1:1", "1:65536"], large: ["1:1"]}}\n',
      ),
      'a.yaml:8:50 spec.advertisements[0].attributes.communities.standard[1]: must be a community: A:B with both in 0-65535, or a number up to 4294967295, without leading zeros',
      'a.yaml:8:70 spec.advertisements[0].attributes.communities.large[0]: "1:1" is no large community: expected A:B:C, each in 0-4294967295 without leading zeros',
    ],
    [
      'an address that does not fit the pattern',
      cluster('  - name: main\n    peers:\n    - name: a\n      peerAddress: 2001:db8::g\n'),
      "a.yaml:10:20 spec.bgpInstances[0].peers[0].peerAddress: '2001:db8::g' is not an IPv6 address",
    ],
    [
      'wrong apiVersion',
      head('CiliumBGPPeerConfig', 'cilium.io/v3'),
      'a.yaml:1:13 apiVersion: must be cilium.io/v2 or cilium.io/v2alpha1 for CiliumBGPPeerConfig',
      'a.yaml:5:6 spec: is required',
    ],
    [
      'unknown kind',
      head('CiliumBGPPeerConfigs'),
      'a.yaml:2:7 kind: is not a known kind; did you mean CiliumBGPPeerConfig?',
    ],
    ['no map', '- a\n- b\n', 'a.yaml:1:1 must be a map of fields'],
    [
      'in a List',
      'kind: List\nitems:\n- kind: Foo\n- 5\n- apiVersion: v1\n  kind: Service\n  metadata: {name: A}\n',
      'a.yaml:3:9 items[0].kind: is not a known kind: it is one of CiliumBGPClusterConfig, CiliumBGPPeerConfig, CiliumBGPAdvertisement, CiliumBGPNodeConfigOverride, CiliumLoadBalancerIPPool, CiliumPodIPPool, CiliumNode, Service, EndpointSlice, Secret, CiliumBGPPeeringPolicy',
      'a.yaml:4:3 items[1]: must be a map of fields',
      "a.yaml:7:20 items[2].metadata.name: must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit",
    ],
    [
      'JSON',
      '{\n\t"apiVersion": "v1",\n\t"kind": "Service",\n\t"metadata": {"name": 5}\n}\n',
      'a.yaml:4:23 metadata.name: must be text',
    ],
    ['YAML: a key twice', 'kind: Service\nkind: Service\n', 'a.yaml:2:1 Map keys must be unique'],
    ['YAML: a tag', 'kind: !env KIND\n', 'a.yaml:1:7 Unresolved tag: !env'],
    [
      'YAML: a bracket',
      'kind: [Service\n',
      'a.yaml:2:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['an alias of nothing', 'kind: *nothing\n', 'a.yaml:1:7 *nothing has no anchor &nothing before it'],
    [
      'a cyclic alias',
      'kind: Service\nmetadata: &m\n  labels: {a: *m}\n',
      'a.yaml:3:15 *m is inside what it stands for',
    ],
  ])('%s', (_, text, ...problems) => {
    const found = read(text);
    expect(found.problems).toEqual(problems);
    expect(found.resources).toEqual([]);
  });

  test('a YAML bomb does not go off', () => {
    const nine = (of: string) => `[${Array.from({ length: 9 }, () => of).join(', ')}]`;
    const levels = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} ${nine(`*a${level}`)}`);
    expect(read(`a0: &a0 ${nine('lol')}\n${levels.join('\n')}\nkind: Service\n`).problems).toEqual([
      'a.yaml:1:1 has too many aliases: what an anchor stands for may be repeated 100 times',
    ]);
  });

  test.each([
    ['[', 66],
    ['{"a":', 326],
    ['- ', 131],
    ['? ', 131],
  ])('%j a hundred thousand times is refused before anything recurses', (text, column) => {
    expect(read(text.repeat(100_000)).problems).toEqual([`a.yaml:1:${column} is nested more than 64 levels deep`]);
  });

  test('a file over 10 MB is refused unread', () => {
    const text = `# ${' '.repeat(10 * 1024 * 1024)}`;
    expect(read(text).problems).toEqual([
      'a.yaml:1:1 the file is too large: at most 10485760 characters, not 10485762',
    ]);
  });

  test('good and bad documents and files: all problems at once, and what is good beside them', () => {
    const one = `${service('a')}---\n${service('B')}---\nkind: [\n---\n${service('c')}`;
    const two = `${cluster('  - name: x\n    peers: [{name: p}]\n')}---\n${head('CiliumBGPAdvertisement')}  advertisement: []\n`;
    const { resources, problems, warnings } = readManifests([
      { file: 'one.yaml', text: one },
      { file: 'two.yaml', text: two },
    ]);
    expect(resources.map(({ resource, where }) => `${where} ${keyText(keyOf(resource))}`)).toEqual([
      'one.yaml:1:1 Service default/a',
      'one.yaml:11:1 Service default/c',
      'two.yaml:1:1 CiliumBGPClusterConfig a',
    ]);
    expect(problems).toEqual([
      "one.yaml:7:18 metadata.name: must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit",
      'one.yaml:10:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
      'two.yaml:15:3 spec.advertisement: is not a known field; did you mean advertisements?',
      'two.yaml:15:3 spec.advertisements: is required',
    ]);
    expect(warnings).toEqual([
      'two.yaml:8:13 spec.bgpInstances[0].peers[0]: has neither peerAddress nor autoDiscovery: it is skipped',
    ]);
  });

  test('a resource twice in one set, in whichever file', () => {
    const other = `${service('a')}---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: prod}\n`;
    const { resources, problems } = readManifests([
      { file: 'one.yaml', text: service('a') },
      { file: 'two.yaml', text: other },
    ]);
    expect(resources).toHaveLength(2);
    expect(problems).toEqual(['two.yaml:3:18 metadata.name: Service default/a is already at one.yaml:1:1']);
  });
});

describe('laws', () => {
  law.prop([fc.string({ unit: 'binary' })], { numRuns: runs / 10 })('any text is read or has problems', (text) => {
    expect(Array.isArray(read(text).problems)).toBe(true);
  });

  const pieces = [
    '- ',
    '? ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a ',
    '!x ',
    '<<: ',
    'kind',
    'List',
    'items',
    '"',
    "'",
    '|',
    '\n',
    '  ',
    '---\n',
    '%YAML',
    '#',
    ',',
    'null',
  ];
  law.prop([fc.array(fc.constantFrom(...pieces), { maxLength: 60 })], { numRuns: runs / 10 })(
    'any heap of YAML’s signs is read or has problems, each at a place',
    (signs) => {
      const { problems } = read(signs.join(''));
      for (const problem of problems) expect(problem).toMatch(/^a\.yaml:[1-9]\d*:[1-9]\d* ./);
    },
  );

  law.prop([fc.subarray(Object.values(good)), fc.constantFrom('yaml', 'json')], { numRuns: runs / 100 })(
    'good manifests come back as they are, in their order',
    (manifests, form) => {
      const write = form === 'yaml' ? stringify : JSON.stringify;
      const { resources, problems } = read(manifests.map((each) => write(each)).join('\n---\n'));
      expect(problems).toEqual([]);
      expect(resources.map(({ resource }) => resource)).toEqual(manifests);
    },
  );
});
