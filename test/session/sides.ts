import { Address } from '../../src/ip/address.ts';
import type { Connection, ConnectionHandler } from '../../src/session/ports.ts';
import { Session } from '../../src/session/session.ts';
import type { DownReason, Negotiated, SessionConfig, SessionHandler, SessionState } from '../../src/session/types.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import type { BgpError } from '../../src/wire/error.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message, Notification, Open, RouteRefresh } from '../../src/wire/message.ts';
import type { Update } from '../../src/wire/update.ts';
import type { SimulatedNetwork } from '../simulation/network.ts';

export const addressA = Address.parse('2001:db8::a');
export const addressB = Address.parse('2001:db8::b');

/** A in AS 65001 (identifier 10.0.0.1) as it sees B in AS 65002 (10.0.0.2). */
export const configA: SessionConfig = {
  localAsn: 65001,
  peerAsn: 65002,
  routerId: 0x0a000001,
  remote: { address: addressB, port: 179 },
  passive: false,
  connectRetryTime: 120,
  holdTime: 90,
  keepaliveTime: 30,
  delayOpenTime: 0,
  capabilities: [
    { name: 'multiprotocol', family: ipv6Unicast },
    { name: 'route-refresh' },
    { name: 'four-octet-as', asn: 65001 },
  ],
};

export const configB: SessionConfig = {
  ...configA,
  localAsn: 65002,
  peerAsn: 65001,
  routerId: 0x0a000002,
  remote: { address: addressA, port: 179 },
  capabilities: configA.capabilities.map((c) => (c.name === 'four-octet-as' ? { ...c, asn: 65002 } : c)),
};

/** Writes down what a session tells. */
export class Recorder implements SessionHandler {
  readonly states: SessionState[] = [];
  readonly downs: DownReason[] = [];
  readonly updates: Update[] = [];
  readonly refreshes: RouteRefresh[] = [];
  negotiated: Negotiated | undefined;
  /** Sessions that are established now: never more than one. */
  up = 0;
  most = 0;
  drains = 0;
  onDown: () => void = () => undefined;

  stateChanged(from: SessionState, to: SessionState): void {
    this.states.push(to);
    if (from === 'established') this.up--;
  }

  established(negotiated: Negotiated): void {
    this.negotiated = negotiated;
    this.up++;
    this.most = Math.max(this.most, this.up);
  }

  update(update: Update): void {
    this.updates.push(update);
  }

  routeRefresh(message: RouteRefresh): void {
    this.refreshes.push(message);
  }

  drained(): void {
    this.drains++;
  }

  down(reason: DownReason): void {
    this.downs.push(reason);
    this.onDown();
  }
}

/** One host with a session, on a simulated network. */
export class Side {
  readonly network: SimulatedNetwork;
  readonly address: Address;
  readonly config: SessionConfig;
  readonly recorder = new Recorder();
  session: Session;

  constructor(network: SimulatedNetwork, address: Address, config: SessionConfig) {
    this.network = network;
    this.address = address;
    this.config = config;
    this.session = this.#make();
    void network.host(address).listen({ address, port: 179 }, (connection) => this.session.accept(connection));
  }

  /** As if the process was killed and came back. */
  restart(): void {
    this.network.crash(this.address);
    this.session.stopWithoutNotification();
    this.session = this.#make();
    this.session.start();
  }

  #make(): Session {
    const { clock, entropy } = this.network;
    return new Session(this.config, this.recorder, { clock, entropy, network: this.network.host(this.address) });
  }
}

/** A peer without a state machine: it says what the test tells it to, and keeps what it hears. */
export class Puppet implements ConnectionHandler {
  readonly heard: Message[] = [];
  readonly #connection: Connection;
  closedBy: 'peer' | Error | undefined;
  isConnected = false;

  private constructor(connect: (puppet: Puppet) => Connection) {
    this.#connection = connect(this);
  }

  /** Dials from B to A. */
  static dial(network: SimulatedNetwork, from = addressB, to = addressA): Puppet {
    return new Puppet((puppet) => network.host(from).dial({ remote: { address: to, port: 179 } }, puppet));
  }

  /** What dials to B, in order. */
  static listen(network: SimulatedNetwork, at = addressB): Puppet[] {
    const puppets: Puppet[] = [];
    void network.host(at).listen({ address: at, port: 179 }, (connection) => {
      puppets.push(
        new Puppet((puppet) => {
          connection.handle(puppet);
          puppet.isConnected = true;
          return connection;
        }),
      );
    });
    return puppets;
  }

  say(...messages: Message[]): void {
    for (const message of messages) this.sayBytes(encodeMessage(message, initialContext));
  }

  sayBytes(bytes: Uint8Array): void {
    this.#connection.send(bytes);
  }

  close(): void {
    this.#connection.close();
  }

  get notification(): Notification | undefined {
    return this.heard.find((message) => message.type === 'notification');
  }

  types(): Message['type'][] {
    return this.heard.map((message) => message.type);
  }

  connected(): void {
    this.isConnected = true;
  }

  message(bytes: Uint8Array): void {
    this.heard.push(decodeMessage(bytes.slice(), initialContext));
  }

  malformed(error: BgpError): void {
    throw error;
  }

  drained(): void {
    // Puppets say little.
  }

  closed(error?: Error): void {
    this.closedBy = error ?? 'peer';
  }
}

/** The OPEN of B. */
export function openB(changes: Partial<Open> = {}): Open {
  return {
    type: 'open',
    version: 4,
    myAs: 65002,
    holdTime: 90,
    routerId: configB.routerId,
    capabilities: configB.capabilities,
    ...changes,
  };
}

export const keepalive: Message = { type: 'keepalive' };
