import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import type { Icmpv6 } from '../../src/link/icmpv6.ts';
import type { InterfaceState } from '../../src/link/interfaces.ts';
import type { LinkChange, RouterSearch } from '../../src/link/links.ts';
import { linksOf } from '../../src/link/machine.ts';
import { VirtualClock } from '../simulation/clock.ts';

const advertisement: Icmpv6 = { type: 'router-advertisement', lifetime: 1800 };
const of = (text: string) => Address.parse(text);
const up: InterfaceState = { state: 'up', addresses: 'fe80::a/64' };
const down: InterfaceState = { state: 'down', addresses: '' };

/** A machine with one interface, whose kernel tells nothing unless it is asked. */
class Machine {
  readonly clock = new VirtualClock();
  readonly interfaces = new Map<string, InterfaceState>([['eth1', up]]);
  readonly sent: { readonly message: Icmpv6; readonly to: string; readonly at: number }[] = [];
  refusal: string | undefined;
  open = 0;
  receive: (message: Icmpv6, from: Address) => void = () => {};

  readonly links = linksOf({
    clock: this.clock,
    entropy: () => 0.5,
    look: () => this.interfaces,
    openSource: () => false,
    openPort: (_, receive) => {
      if (this.refusal !== undefined) return { ok: false, reason: this.refusal };
      this.receive = receive;
      this.open++;
      return {
        ok: true,
        port: {
          send: (message, to) => void this.sent.push({ message, to: `${to}`, at: this.clock.now() }),
          close: () => void this.open--,
        },
      };
    },
  });

  /** What the search says, from now on. */
  search(name = 'eth1'): { readonly told: RouterSearch[]; last(): RouterSearch | undefined; end(): void } {
    const told: RouterSearch[] = [];
    const end = this.links.findRouter(name, (search) => told.push(search));
    return { told, last: () => told.at(-1), end };
  }

  hears(from: string, message: Icmpv6 = advertisement): void {
    this.receive(message, of(from));
  }

  /** Until all who are there had the time to say so. */
  settles(): void {
    this.clock.advance(500);
  }
}

const found = (address: string, ...others: string[]) => ({
  kind: 'found',
  address: of(address),
  others: others.map(of),
});
const none = (reason: string) => ({ kind: 'none', reason });

describe('the search for the router on a link', () => {
  test('advertises with lifetime 0 and solicits at once, several times soon, then every ten seconds', () => {
    const machine = new Machine();
    machine.search();
    const kinds = machine.sent.map(({ message, to }) => [message.type, to]);
    expect(kinds).toEqual([
      ['router-advertisement', 'ff02::1'],
      ['router-solicitation', 'ff02::2'],
    ]);
    expect(machine.sent[0]?.message).toEqual({ type: 'router-advertisement', lifetime: 0 });
    machine.hears('fe80::1');
    machine.clock.advance(60_000);
    const times = machine.sent.filter(({ message }) => message.type === 'router-advertisement').map(({ at }) => at);
    expect(times).toEqual([0, 500, 1500, 2500, 4500, 6500, 16_500, 26_500, 36_500, 46_500, 56_500]);
    expect(machine.sent.filter(({ message }) => message.type === 'router-solicitation').at(-1)?.at).toBe(4500);
  });

  test('finds who advertises, and tells each who asks', () => {
    const machine = new Machine();
    const search = machine.search();
    expect(search.told).toEqual([none('no router advertisement on eth1 yet')]);
    machine.hears('fe80::1%eth1');
    expect(search.told).toHaveLength(1);
    machine.settles();
    expect(search.last()).toEqual(found('fe80::1%eth1'));
    expect(machine.search().told).toEqual([found('fe80::1%eth1')]);
    expect(machine.open).toBe(1);
  });

  test('answers a solicitation to who sent it, and to all where that has no address yet', () => {
    const machine = new Machine();
    machine.search();
    machine.sent.length = 0;
    machine.hears('fe80::7%eth1', { type: 'router-solicitation' });
    machine.hears('::', { type: 'router-solicitation' });
    machine.clock.advance(499);
    expect(machine.sent.map(({ to }) => to)).toEqual(['fe80::7%eth1']);
    machine.clock.advance(60_000);
    machine.sent.length = 0;
    machine.clock.advance(5000);
    machine.hears('::', { type: 'router-solicitation' });
    machine.hears('::', { type: 'router-solicitation' });
    expect(machine.sent.map(({ to }) => to)).toEqual(['ff02::1']);
  });

  test('a router that does not advertise itself is found by its echo', () => {
    const machine = new Machine();
    const search = machine.search();
    expect(machine.clock.until(() => machine.sent.some(({ message }) => message.type === 'echo-request'), 5000)).toBe(
      true,
    );
    expect(machine.sent.at(-1)?.to).toBe('ff02::2');
    machine.hears('fe80::1', { type: 'echo-reply', identifier: 1, sequence: 1 });
    machine.settles();
    expect(search.last()).toEqual(found('fe80::1%eth1'));
  });

  test.each<[string, readonly [string, Icmpv6][]]>([
    [
      'a default router counts more than who only advertises, as another of us does',
      [
        ['fe80::2', { type: 'router-advertisement', lifetime: 0 }],
        ['fe80::3', { type: 'router-advertisement', lifetime: 0 }],
        ['fe80::1', advertisement],
      ],
    ],
    [
      'who advertises counts more than who only answers, and does not count less for an answer',
      [
        ['fe80::1', { type: 'router-advertisement', lifetime: 0 }],
        ['fe80::2', { type: 'echo-reply', identifier: 1, sequence: 1 }],
        ['fe80::1', { type: 'echo-reply', identifier: 1, sequence: 1 }],
      ],
    ],
  ])('%s', (_, messages) => {
    const machine = new Machine();
    const search = machine.search();
    for (const [from, message] of messages) machine.hears(from, message);
    machine.settles();
    expect(search.last()).toEqual(found('fe80::1%eth1'));
  });

  test('two routers: none of them, with both names; one once the other has gone', () => {
    const machine = new Machine();
    const search = machine.search();
    machine.hears('fe80::2');
    machine.hears('fe80::1');
    machine.settles();
    expect(search.last()).toEqual(none('2 routers on eth1: fe80::1, fe80::2; name one by peerAddress'));
    for (let time = 0; time < 60_000; time += 10_000) {
      machine.clock.advance(10_000);
      machine.hears('fe80::2');
    }
    expect(search.last()).toEqual(found('fe80::2%eth1'));
  });

  test('a stranger does not take the place of a router that answers, whatever it sends', () => {
    const machine = new Machine();
    const search = machine.search();
    machine.hears('fe80::1');
    machine.settles();
    for (let round = 0; round < 100; round++) {
      machine.hears(`fe80::bad:${round.toString(16)}`);
      machine.hears('fe80::1');
      machine.clock.advance(1000);
    }
    const addresses = search.told.flatMap((each) => (each.kind === 'found' ? [`${each.address}`] : []));
    expect(new Set(addresses)).toEqual(new Set(['fe80::1%eth1']));
    expect(search.last()).toMatchObject({ kind: 'found', address: of('fe80::1%eth1') });
  });

  test('a router with another address is found again once the old one does not answer, in seconds', () => {
    const machine = new Machine();
    const search = machine.search();
    machine.hears('fe80::1');
    machine.clock.advance(60_000);
    expect(search.last()).toEqual(found('fe80::1%eth1'));
    machine.hears('fe80::1');
    machine.hears('fe80::2');
    expect(search.last()).toEqual(found('fe80::1%eth1', 'fe80::2%eth1'));
    machine.clock.advance(4000);
    machine.hears('fe80::2');
    expect(machine.clock.until(() => search.last()?.kind === 'found' && search.told.length > 3, 4000)).toBe(true);
    expect(search.last()).toEqual(found('fe80::2%eth1'));
  });

  test('an advertisement from a global address is none', () => {
    const machine = new Machine();
    const search = machine.search();
    machine.hears('2001:db8::1');
    machine.settles();
    expect(search.told).toHaveLength(1);
  });

  test('what is not permitted is told, and tried again', () => {
    const machine = new Machine();
    machine.refusal = 'not permitted';
    const search = machine.search();
    expect(search.told).toEqual([none('not permitted')]);
    machine.refusal = undefined;
    machine.clock.advance(10_000);
    expect(search.last()).toEqual(none('no router advertisement on eth1 yet'));
  });

  test('an interface that is not there, comes, goes down and vanishes', () => {
    const machine = new Machine();
    machine.interfaces.clear();
    const search = machine.search();
    expect(search.told).toEqual([none('there is no interface eth1')]);
    machine.interfaces.set('eth1', up);
    machine.clock.advance(250);
    machine.hears('fe80::1');
    machine.settles();
    machine.interfaces.set('eth1', down);
    machine.clock.advance(250);
    expect(machine.open).toBe(0);
    machine.interfaces.delete('eth1');
    machine.clock.advance(250);
    machine.interfaces.set('eth1', up);
    machine.clock.advance(250);
    expect(search.told).toEqual([
      none('there is no interface eth1'),
      none('no router advertisement on eth1 yet'),
      found('fe80::1%eth1'),
      none('interface eth1 is down'),
      none('there is no interface eth1'),
      none('no router advertisement on eth1 yet'),
    ]);
  });

  test('ends with the last who asked', () => {
    const machine = new Machine();
    const one = machine.search();
    const other = machine.search();
    one.end();
    expect(machine.open).toBe(1);
    other.end();
    expect(machine.open).toBe(0);
    machine.sent.length = 0;
    machine.clock.advance(60_000);
    expect(machine.sent).toEqual([]);
  });
});

describe('a machine that does not tell of its links', () => {
  test('is looked at four times a second', () => {
    const machine = new Machine();
    const changes: LinkChange[] = [];
    const end = machine.links.watch((change) => changes.push(change));
    expect(machine.links.stateOf('eth1')).toBe('up');
    expect(machine.links.stateOf('eth2')).toBe('absent');
    machine.interfaces.set('eth1', down);
    machine.clock.advance(250);
    machine.interfaces.set('eth1', up);
    machine.interfaces.set('eth2', up);
    machine.clock.advance(250);
    machine.interfaces.set('eth2', { state: 'up', addresses: 'fe80::b/64' });
    machine.clock.advance(250);
    end();
    machine.interfaces.clear();
    machine.clock.advance(250);
    expect(changes.map((change) => `${change.interface} ${change.state}`)).toEqual([
      'eth1 down',
      'eth1 up',
      'eth2 up',
      'eth2 up',
    ]);
  });
});
