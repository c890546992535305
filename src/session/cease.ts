import { encodeMessage } from '../wire/codec.ts';
import { initialContext } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import { cease, notificationOf, shutdownCommunication } from '../wire/notification.ts';
import type { Connection, ConnectionHandler } from './ports.ts';

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
