import { connect } from 'node:net';

/** How a daemon of FRR ends what it prints: three zeros, and the result of the command, which is 0 when there was one. */
const end = Buffer.alloc(3);

/**
 * What a daemon of FRR prints for a command, asked at its socket (`/run/frr/NAME.vty`) in the way of vtysh: scenarios look often, and vtysh is three processes a
 * look. Throws when the daemon does not answer, or does not know the command.
 */
export function askVty(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let last = Buffer.alloc(0);
    const socket = connect(path, () => socket.write(`${command}\0`));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      last = Buffer.concat([last, chunk]).subarray(-4);
      if (last.length === 4 && last.subarray(0, 3).equals(end)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).subarray(0, -4).toString();
      if (last[3] === 0) resolve(text);
      else reject(new Error(`\`${command}\` at ${path}: ${text.trim() || `result ${last[3] ?? 'none'}`}`));
    });
  });
}
