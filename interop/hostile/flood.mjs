// A BGP peer that says what it was given, over and over, as fast as it is taken, and never reads:
//     node flood.mjs TO FROM HELLO FLOOD
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [host, localAddress, hello, flood] = process.argv.slice(2);
const bytes = readFileSync(flood);
// Without a reader of its data a socket takes a few kilobytes, and then no more.
const socket = connect({ host, port: 179, localAddress });
socket.write(readFileSync(hello));
const send = () => {
  while (socket.write(bytes));
};
socket.on('drain', send);
send();
// Thrown out, it stays until it is ended.
socket.on('error', () => undefined);
setInterval(() => undefined, 1000);
