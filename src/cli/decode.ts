import { readFileSync } from 'node:fs';

import type { Context } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import { ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../wire/family.ts';
import { checkHeader, extendedMaxLength, headerLength } from '../wire/header.ts';
import type { Message } from '../wire/message.ts';
import { formatMessage, toJson } from '../wire/text.ts';
import type { CommonOptions } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { printLines } from './output.ts';
import { decodeWith } from './pcap/context.ts';
import type { Captured, CapturedEndpoint } from './pcap.ts';

export interface DecodeOptions extends Pick<CommonOptions, 'output'> {
  readonly hex?: string;
  readonly twoOctetAs?: boolean;
  readonly addPath?: boolean;
  readonly port?: number;
}

/** Shows the BGP messages in a file (`-` is standard input) or in hexadecimal digits. */
export async function decode(file: string | undefined, options: DecodeOptions): Promise<void> {
  const bytes = bytesOf(file, options);
  const found = isCapture(bytes) ? await captured(bytes, options) : plain(bytes, contextsFor(options));
  await printMessages(found, options);
}

/** Octets that a capture lacks, or that belong to no message. */
interface Lost {
  readonly kind: 'lost';
  readonly octets: number;
}

/** A message, or why there is none, and where it was. */
export interface Decoded {
  /** For people, before the message; empty when there is nothing to say. */
  readonly where: string;
  readonly result: Message | BgpError | Lost;
}

function bytesOf(file: string | undefined, { hex }: DecodeOptions): Uint8Array {
  if (hex !== undefined) return fromHex(hex, '--hex');
  if (file === undefined) throw new CliError(exitCode.usage, 'name a file, - for standard input, or bytes with --hex');
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new CliError(exitCode.failed, `cannot read ${file}: ${(error as Error).message}`);
  }
  // Every message starts with a marker of ones, which is no text: what is all digits is meant as such.
  const text = bytes.toString('latin1');
  return bytes.length > 0 && /^[\da-f\s:]+$/i.test(text) ? fromHex(text, file) : bytes;
}

function fromHex(text: string, from: string): Uint8Array {
  const digits = text.replace(/[\s:]|0x/g, '');
  if (!/^(?:[\da-f]{2})+$/i.test(digits)) {
    throw new CliError(exitCode.usage, `${from}: is not a whole number of octets in hexadecimal digits`);
  }
  return Buffer.from(digits, 'hex');
}

/** As lenient as can be: what was negotiated is not known here, nor on which kind of session it was. */
function contextsFor({ twoOctetAs = false, addPath = false }: DecodeOptions): readonly Context[] {
  const families = [ipv4Unicast, ipv4Multicast, ipv6Unicast, ipv6Multicast];
  return [true, false].map((external) => ({
    fourOctetAs: !twoOctetAs,
    addPath: new Set(addPath ? families : []),
    extendedMessage: true,
    extendedNextHop: new Set(families),
    external,
  }));
}

/** Messages one behind the other; the first whose header is wrong ends it. */
export function* plain(bytes: Uint8Array, contexts: readonly Context[]): Generator<Decoded> {
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < headerLength) {
      yield { where: '', result: new BgpError(1, 2, `${bytes.length - at} octets are left, too few for a message`) };
      return;
    }
    let end: number;
    try {
      end = at + checkHeader(bytes, at, extendedMaxLength).length;
    } catch (error) {
      yield { where: '', result: bgpError(error) };
      return;
    }
    yield { where: '', result: decodeOne(bytes.subarray(at, end), contexts) };
    at = end;
  }
}

function decodeOne(bytes: Uint8Array, contexts: readonly Context[]): Message | BgpError {
  try {
    return decodeWith(contexts, bytes).message;
  } catch (error) {
    return bgpError(error);
  }
}

function bgpError(error: unknown): BgpError {
  if (error instanceof BgpError) return error;
  throw error;
}

async function printMessages(found: Iterable<Decoded>, { output }: DecodeOptions): Promise<void> {
  let broken: BgpError | undefined;
  const all: unknown[] = [];
  const isForPeople = output === 'table' || output === 'wide';
  for (const { where, result } of found) {
    if (result instanceof BgpError) broken = result;
    if (isForPeople) await printLines(linesOf(where, result));
    else all.push(valueOf(where, result));
  }
  if (output === 'json') await printLines([JSON.stringify(all, null, 2)]);
  if (output === 'yaml') await printLines([(await import('yaml')).stringify(all).trimEnd()]);
  if (broken !== undefined) throw new CliError(exitCode.failed, `not a BGP message: ${broken.message}`);
}

function linesOf(where: string, result: Decoded['result']): string[] {
  if (result instanceof BgpError) return [`${where}malformed (${result.code}/${result.subcode}): ${result.message}`];
  if ('kind' in result) return [`${where}${result.octets} octets lost`];
  const [first = '', ...rest] = formatMessage(result);
  return [`${where}${first}`, ...rest];
}

function valueOf(where: string, result: Decoded['result']): object {
  const value = plainOf(result);
  return where === '' ? value : { where: where.trimEnd(), ...value };
}

function plainOf(result: Decoded['result']): object {
  if (result instanceof BgpError) {
    return { type: 'malformed', code: result.code, subcode: result.subcode, text: result.message };
  }
  return 'kind' in result ? { type: 'lost', octets: result.octets } : (toJson(result) as object);
}

/** pcap in both byte orders and resolutions, and pcapng, by their first four octets. */
function isCapture(bytes: Uint8Array): boolean {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a'].includes(magic);
}

/** The messages of a capture; it tells by itself what was negotiated. */
async function captured(bytes: Uint8Array, { port }: DecodeOptions): Promise<Iterable<Decoded>> {
  const { CaptureError, readCapture } = await import('./pcap.ts');
  try {
    return decodedOf(readCapture(bytes, port === undefined ? {} : { port }));
  } catch (error) {
    if (error instanceof CaptureError) throw new CliError(exitCode.failed, `not a capture: ${error.message}`);
    throw error;
  }
}

function* decodedOf(captured: Iterable<Captured>): Generator<Decoded> {
  for (const item of captured) {
    const where = `${new Date(item.time).toISOString()} ${endpoint(item.from)} > ${endpoint(item.to)} `;
    switch (item.kind) {
      case 'message':
        yield { where: item.assumed ? `${where}(OPEN not captured) ` : where, result: item.message };
        break;
      case 'malformed':
        yield { where, result: item.error };
        break;
      case 'lost':
        yield { where, result: item };
        break;
    }
  }
}

function endpoint({ address, port }: CapturedEndpoint): string {
  return address.isIPv4 ? `${address}:${port}` : `[${address}]:${port}`;
}
