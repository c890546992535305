import { Address } from '../ip/address.ts';
import type { Clock, Connection, ConnectionHandler, Network } from '../session/ports.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type Context, initialContext } from '../wire/context.ts';
import { ipv6Unicast } from '../wire/family.ts';
import type { Message } from '../wire/message.ts';
import type { SpeakerLog } from './log.ts';
import { Speaker } from './speaker.ts';
import type { Neighbor } from './types.ts';

const ROUNDS = 6;
const PREFIXES = 4_000;
/** What a router sends at first, and what it sends when its routes come from everywhere. */
const prefixesPerUpdate = [400, 10];

const here = Address.parse('2001:db8::1');
const there = Address.parse('2001:db8::2');
const context: Context = { ...initialContext, fourOctetAs: true };

/**
 * Gives a speaker of its own a peer that announces a table, step by step, for the reason that `warmUp` has: a hundred thousand routes take three
 * times as long where this code never ran. Each step is a few milliseconds. Returns how many routes the peer had in the end.
 */
export async function* warmUpReceive(): AsyncGenerator<void, number> {
  let accept: (connection: Connection) => void = () => {};
  const network: Network = {
    dial: () => connection,
    listen: async (options, accepted) => {
      accept = accepted;
      return { local: options, close: async () => {} };
    },
  };
  let handler: ConnectionHandler | undefined;
  const connection: Connection = {
    local: { address: here, port: 179 },
    remote: { address: there, port: 49152 },
    handle: (given) => {
      handler = given;
    },
    send: () => true,
    pending: 0,
    maxMessageLength: 4096,
    close: () => {},
    abort: () => {},
  };
  const speaker = new Speaker(
    { asn: 65001, routerId: '192.0.2.1', listenPort: 179, listenAddresses: [here] },
    { clock, network, entropy: () => 0, interfaces: () => [] },
    silent,
  );
  await speaker.start();
  speaker.addNeighbor(neighbor);
  accept(connection);
  for (const message of hello) handler?.message(encodeMessage(message, context));
  for (const size of prefixesPerUpdate) {
    const table = [...updates(size)];
    for (let round = 0; round < ROUNDS; round++) {
      yield;
      for (const bytes of table) handler?.message(bytes);
    }
  }
  const received = speaker.peer(there)?.families[0]?.received ?? 0;
  await speaker.stop({ fullDestroy: true });
  return received;
}

const hello: readonly Message[] = [
  {
    type: 'open',
    version: 4,
    myAs: 65002,
    holdTime: 90,
    routerId: 0xc000_0202,
    capabilities: [
      { name: 'multiprotocol', family: ipv6Unicast },
      { name: 'four-octet-as', asn: 65002 },
    ],
  },
  { type: 'keepalive' },
];

/** A table in UPDATEs of so many prefixes, each with a community of its own. */
function* updates(size: number): Generator<Uint8Array> {
  for (let first = 0; first < PREFIXES; first += size) {
    const bytes = new Uint8Array(9 * size);
    for (let i = 0; i < size; i++) bytes.set([64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, (first + i) >> 8, first + i], 9 * i);
    const update: Message = {
      type: 'update',
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [65002] }], communities: [first] },
      reach: { nextHop: { kind: 'single', address: there }, nlri: { family: ipv6Unicast, addPath: false, bytes } },
      faults: [],
    };
    yield encodeMessage(update, context);
  }
}

const neighbor: Neighbor = {
  name: 'nobody',
  address: there,
  asn: 65002,
  timers: { connectRetry: 90, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
  transport: { remotePort: 179, passive: true },
  families: [ipv6Unicast],
  defaultExportAction: 'reject',
  defaultImportAction: 'accept',
};

/** Time stands still. */
const clock: Clock = { now: () => 0, date: () => new Date(0), timer: () => ({ cancel: () => {} }), turn: () => {} };

const silent: SpeakerLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
