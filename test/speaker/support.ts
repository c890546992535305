import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { SpeakerLog } from '../../src/speaker/log.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import type { BgpGlobal, GetRoutesRequest, ListenRange, Neighbor } from '../../src/speaker/types.ts';
import type { SpeakerWorld, StartOptions } from '../../src/speaker/world.ts';
import { type Family, ipv6Unicast } from '../../src/wire/family.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import type { Attributes, NextHop } from '../../src/wire/update.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork, type SimulationOptions } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

export const silent: SpeakerLog = { debug() {}, info() {}, warn() {}, error() {} };

/** Hosts on one link, 2001:db8::N, each with a speaker. */
export class Lab {
  readonly clock = new VirtualClock();
  readonly network: SimulatedNetwork;

  constructor(seed: number, options: SimulationOptions = {}) {
    this.network = new SimulatedNetwork(this.clock, seeded(seed), options);
  }

  async speaker(
    host: number,
    global: Partial<BgpGlobal> = {},
    options: StartOptions = {},
    world: Partial<SpeakerWorld> = {},
    log: SpeakerLog = silent,
  ): Promise<Speaker> {
    const address = addressOf(host);
    const linkLocal = Address.parse(`fe80::${host}`);
    const speaker = new Speaker(
      { asn: 65000 + host, routerId: `10.0.0.${host}`, listenPort: 179, listenAddresses: [address], ...global },
      {
        clock: this.clock,
        network: this.network.host(address),
        entropy: this.network.entropy,
        interfaces: () => [
          { interface: 'eth0', address, network: Prefix.parse('2001:db8::/64') },
          { interface: 'eth0', address: linkLocal, network: Prefix.parse('fe80::/64') },
        ],
        ...world,
      },
      log,
    );
    await speaker.start(options);
    return speaker;
  }

  /** Lets time pass until it holds; false after ten minutes. */
  until(condition: () => boolean): boolean {
    return this.clock.until(condition, 600_000);
  }
}

export function addressOf(host: number): Address {
  return Address.parse(`2001:db8::${host}`);
}

export function neighbor(host: number, options: Partial<Neighbor> = {}): Neighbor {
  return {
    name: `host-${host}`,
    address: addressOf(host),
    asn: 65000 + host,
    timers: { connectRetry: 10, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
    transport: { remotePort: 179, passive: false },
    families: [ipv6Unicast],
    defaultExportAction: 'accept',
    defaultImportAction: 'accept',
    ...options,
  };
}

/** Named by its prefix, with what `neighbor` gives, and open to all. */
export function rangeOf(prefix: string, options: Partial<Omit<ListenRange, 'prefix'>> = {}): ListenRange {
  const { name: _, address: __, asn: ___, ...template } = neighbor(0);
  return { name: prefix, prefix: Prefix.parse(prefix), limit: 100, asns: [], template, ...options };
}

export function advertise(
  speaker: Speaker,
  prefixes: readonly string[],
  attributes: Attributes = {},
  nextHop?: NextHop,
  family: Family = ipv6Unicast,
): Uint8Array[] {
  const nlri = packPrefixes(
    family,
    prefixes.map((text) => Prefix.parse(text)),
  );
  return speaker.advertise({ family, nlri, attributes, ...(nextHop && { nextHop }) });
}

export function withdraw(speaker: Speaker, prefixes: readonly string[], family: Family = ipv6Unicast): number {
  const nlri = packPrefixes(
    family,
    prefixes.map((text) => Prefix.parse(text)),
  );
  return speaker.withdrawPrefixes(family, nlri);
}

/** A table as text: prefix to its best path's attributes and next hop. */
export function tableOf(speaker: Speaker, request: Partial<GetRoutesRequest> = {}): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const { prefix, paths } of speaker.routes({ table: 'loc-rib', family: ipv6Unicast, ...request })) {
    const best = paths.find((path) => path.best) ?? paths[0];
    entries.push([prefix.toString(), { attributes: best?.attributes, nextHop: best?.nextHop }]);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function stateOf(speaker: Speaker, host: number): string | undefined {
  return speaker.peer(addressOf(host))?.sessionState;
}
