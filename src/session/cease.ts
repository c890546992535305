import { encodeMessage } from '../wire/codec.ts';
import { initialContext } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import { notificationOf, shutdownCommunication } from '../wire/notification.ts';
import type { Connection, ConnectionHandler } from './ports.ts';

/** Cease subcodes (RFC 4486, RFC 8538, RFC 9384). */
export const cease = {
  maximumPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  configurationChange: 6,
  collisionResolution: 7,
  outOfResources: 8,
  hardReset: 9,
  // RFC 9384
  bfdDown: 10,
} as const;

/** `data`: of a subcode that takes no text. */
export function ceaseError(subcode: number, text: string, data: Uint8Array = new Uint8Array(0)): BgpError {
  const mayExplain = subcode === cease.administrativeShutdown || subcode === cease.administrativeReset;
  const said = mayExplain && text !== '' ? shutdownCommunication(text) : data;
  return new BgpError(6, subcode, text === '' ? 'stopped' : text, said);
}

/** Answers a connection with a Cease, and with nothing else. */
export function refuse(connection: Connection, text = '', subcode: number = cease.connectionRejected): void {
  connection.handle(deaf);
  connection.send(encodeMessage(notificationOf(ceaseError(subcode, text)), initialContext));
  connection.close();
}

const deaf: ConnectionHandler = {
  connected() {},
  message() {},
  malformed() {},
  drained() {},
  closed() {},
};
