import type { Connection, ConnectionHandler } from '../../src/session/ports.ts';
import type { Capability } from '../../src/wire/capability.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { messageType } from '../../src/wire/header.ts';
import type { Message } from '../../src/wire/message.ts';
import { addressOf, type Lab } from './support.ts';

/** Host 9: says what a test tells it to, with no state machine, and counts what it hears. */
export class BadPeer implements ConnectionHandler {
  /** Code and subcode of what it was told. */
  readonly notifications: string[] = [];
  readonly heard = new Map<number, number>();
  isOpen = true;
  readonly #connection: Connection;

  /** Dials host 1. */
  constructor({ network }: Lab) {
    this.#connection = network.host(addressOf(9)).dial({ remote: { address: addressOf(1), port: 179 } }, this);
    this.#connection.maxMessageLength = 65535;
  }

  /** Goes through the handshake, with a hold time of an hour. */
  greet(capabilities: readonly Capability[] = []): void {
    this.say(
      {
        type: 'open',
        version: 4,
        myAs: 65009,
        holdTime: 3600,
        routerId: 0x0a000009,
        capabilities: [
          { name: 'multiprotocol', family: ipv6Unicast },
          { name: 'four-octet-as', asn: 65009 },
          ...capabilities,
        ],
      },
      { type: 'keepalive' },
    );
  }

  say(...messages: readonly Message[]): void {
    for (const message of messages) this.sayBytes(encodeMessage(message, { ...initialContext, fourOctetAs: true }));
  }

  sayBytes(bytes: Uint8Array): void {
    this.#connection.send(bytes);
  }

  connected(): void {}

  message(bytes: Uint8Array): void {
    const type = bytes[18] as number;
    this.heard.set(type, (this.heard.get(type) ?? 0) + 1);
    if (type === messageType.notification) this.notifications.push(`${bytes[19]}/${bytes[20]}`);
  }

  malformed(error: Error): void {
    throw error;
  }

  drained(): void {}

  closed(): void {
    this.isOpen = false;
  }
}
