import { connect } from 'node:net';

/** How a daemon of FRR ends an answer: three zeros, and an octet that is 0 when all went well. */
const end = Buffer.alloc(3);
const endLength = 4;

/** In milliseconds without an octet: a daemon that was stopped takes connections, and answers nothing. */
const patience = 30_000;

/**
 * What a daemon of FRR prints for a command, asked at its socket (`/run/frr/NAME.vty`) in the way of vtysh: scenarios look often, and vtysh is three processes a
 * look. Throws when the daemon does not answer, or does not know the command.
 */
export function askVty(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let last = Buffer.alloc(0);
    // Some commands are there only for who has said `enable`, which is answered with nothing but an end.
    const socket = connect(path, () => socket.write(`enable\0${command}\0`));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      last = Buffer.concat([last, chunk]).subarray(-endLength);
      if (length >= 2 * endLength && last.subarray(0, -1).equals(end)) socket.destroy();
    });
    socket.setTimeout(patience, () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).subarray(endLength, -endLength).toString();
      if (length >= 2 * endLength && last.at(-1) === 0) resolve(text);
      else reject(new Error(`\`${command}\` at ${path}: ${text.trim() || 'no answer'}`));
    });
  });
}
