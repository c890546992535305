import { expect, test } from 'vitest';
import { apply } from '../../src/daemon/apply.ts';
import type { InstanceConfig } from '../../src/daemon/config/instance.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import { Lab, neighbor, rangeOf } from '../speaker/support.ts';

const plain = { remotePort: 179, passive: true };
const signed = { ...plain, password: new SecretText('sesame') };

const wide = (transport: Neighbor['transport'], limit = 100) =>
  rangeOf('2001:db8::/32', { limit, template: { ...rangeOf('2001:db8::/32').template, transport } });
const narrow = (transport: Neighbor['transport']) => ({
  ...wide(transport),
  name: 'narrow',
  prefix: Prefix.parse('2001:db8::/64'),
});

function config(parts: Partial<Pick<InstanceConfig, 'neighbors' | 'listenRanges'>>): InstanceConfig {
  const global = { asn: 65001, routerId: '10.0.0.1', listenPort: 179 };
  return { name: 'a', global, neighbors: [], listenRanges: [], paths: [], policies: [], ...parts };
}

const open = config({ neighbors: [neighbor(2, { transport: plain })], listenRanges: [wide(plain), narrow(plain)] });
const closed = config({
  neighbors: [neighbor(2, { transport: signed })],
  listenRanges: [wide(signed), narrow(signed)],
});
const mixed = config({
  neighbors: [neighbor(2, { transport: signed })],
  listenRanges: [narrow(signed), wide(plain, 5)],
});
const none = config({});

test.each<[string, InstanceConfig, InstanceConfig, number]>([
  ['all get a password', open, closed, 2],
  ['all lose theirs', closed, open, 2],
  ['the outer range has none', closed, mixed, 1],
  ['the outer range gets one', mixed, closed, 1],
  ['all go', closed, none, 2],
  ['nothing changes', closed, closed, 0],
])('ranges and peers change together: %s', async (_, from, to, count) => {
  const speaker = await new Lab(1).speaker(1);
  apply(speaker, none, from);
  expect(apply(speaker, from, to).listenRanges).toBe(count);
  expect(speaker.peers().map((peer) => peer.neighbor)).toEqual(to.neighbors);
  const byName = (ranges: InstanceConfig['listenRanges']) => ranges.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(byName(speaker.listenRanges().map(({ range }) => range))).toEqual(byName(to.listenRanges));
});

test('a range that a request removed, or added, before the configuration did', async () => {
  const speaker = await new Lab(1).speaker(1);
  apply(speaker, none, open);
  speaker.removeListenRange(wide(plain).prefix);
  apply(speaker, open, none);
  speaker.addListenRange(wide(plain, 7));
  apply(speaker, none, open);
  expect(speaker.listenRanges().map(({ range }) => range.limit)).toEqual([100, 100]);
});
