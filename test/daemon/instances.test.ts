import { expect, test } from 'vitest';
import { InstanceTable } from '../../src/daemon/instances.ts';
import { Address } from '../../src/ip/address.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function setUp(): Promise<InstanceTable> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1)).host(Address.parse('2001:db8::1'));
  const table = new InstanceTable({ clock, network, entropy: seeded(2), interfaces: () => [] }, () => silent);
  await table.start('a', { asn: 65001, routerId: '10.0.0.1', listenPort: -1 });
  return table;
}

const names = (table: InstanceTable) => table.list().map(({ name }) => name);

test('an instance is not found while what is first done is done, and then stops', async () => {
  const table = await setUp();
  await table.stop('a', { fullDestroy: true, first: async () => expect(names(table)).toEqual([]) });
  expect(names(table)).toEqual([]);
});

test('an instance goes on when what is to be done first cannot be', async () => {
  const table = await setUp();
  const first = () => Promise.reject(new Error('no room'));
  await expect(table.stop('a', { fullDestroy: true, first })).rejects.toThrow('no room');
  expect(names(table)).toEqual(['a']);
});
