// Addresses between text, or text as ASCII, and octets, without an object per address: for tables and streams. Everybody else uses `Address`.

const COLON = 58;
const DOT = 46;
const SLASH = 47;

/** By octet: what it is worth as a hexadecimal digit; -1 when it is none. A look-up, since which of the three ranges comes next is anybody's guess. */
const hexDigits = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  for (const form of [text, text.toUpperCase()]) hexDigits[form.charCodeAt(0)] = digit;
}

/** Longer than any prefix: `text` as ASCII while it is parsed. */
const ascii = new Uint8Array(64);

/** Puts the text there and gives its length; -1 when it is too long to be an address or a prefix. */
function load(text: string): number {
  if (text.length > ascii.length) return -1;
  // What is not ASCII is no part of an address, whatever it is.
  for (let i = 0; i < text.length; i++) ascii[i] = Math.min(text.charCodeAt(i), 0xff);
  return text.length;
}

/**
 * Parses an IPv6 address (RFC 4291, 2.2, without a zone) into the 16 octets of `out` at `offset`.
 * False when it is none; what `out` then holds there is undefined.
 */
export function parseIPv6(text: string, out: Uint8Array, offset: number): boolean {
  return readIPv6(ascii, 0, load(text), out, offset);
}

/**
 * Parses a dotted quad into the 4 octets of `out` at `offset`.
 * False when it is none (a leading zero is refused: some would read it as octal); what `out` then holds there is undefined.
 */
export function parseIPv4(text: string, out: Uint8Array, offset: number): boolean {
  return readIPv4(ascii, 0, load(text), out, offset);
}

/** As `readPacked`, of a string. */
export function parsePacked(text: string, out: Uint8Array, offset: number): number {
  return readPacked(ascii, 0, load(text), out, offset);
}

/** As `parseIPv6`, of the ASCII from `start` to `end`. */
function readIPv6(text: Uint8Array, start: number, end: number, out: Uint8Array, offset: number): boolean {
  let at = start;
  let octets = 0;
  let gap = -1;
  if (end - at < 2) return false;
  if (text[at] === COLON) {
    if (text[at + 1] !== COLON) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    const first = at;
    let word = 0;
    for (; at < end; at++) {
      const digit = hexDigits[text[at] as number] as number;
      if (digit < 0) break;
      word = (word << 4) | digit;
    }
    if (at - first > 4) return false;
    if (at < end && text[at] === DOT) {
      if (octets > 12 || !readIPv4(text, first, end, out, offset + octets)) return false;
      octets += 4;
      break;
    }
    if (at === first || octets === 16) return false;
    out[offset + octets++] = word >> 8;
    out[offset + octets++] = word;
    if (at === end) break;
    if (text[at] !== COLON || ++at === end) return false;
    if (text[at] === COLON) {
      if (gap >= 0) return false;
      gap = octets;
      at++;
    }
  }
  if (gap < 0) return octets === 16;
  if (octets === 16) return false;
  const tail = octets - gap;
  for (let i = 1; i <= tail; i++) out[offset + 16 - i] = out[offset + octets - i] as number;
  for (let i = gap; i < 16 - tail; i++) out[offset + i] = 0;
  return true;
}

/** As `parseIPv4`, of the ASCII from `start` to `end`. */
function readIPv4(text: Uint8Array, start: number, end: number, out: Uint8Array, offset: number): boolean {
  let at = start;
  for (let i = 0; i < 4; i++) {
    const first = at;
    let octet = 0;
    for (; at < end; at++) {
      const digit = (text[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      if (at > first && octet === 0) return false;
      octet = octet * 10 + digit;
      if (octet > 255) return false;
    }
    if (at === first) return false;
    out[offset + i] = octet;
    if (i < 3 && (at >= end || text[at++] !== DOT)) return false;
  }
  return at === end;
}

/**
 * Parses what `Prefix.parse` takes, as ASCII from `start` to `end`, into `out` at `offset`, as NLRI has it: the length in bits, then as few
 * octets as hold it. Returns where these end, or -1 when it is none. Behind `offset` there must be 5 octets for IPv4 and
 * 17 for IPv6; what is in those that are not used is undefined.
 */
export function readPacked(text: Uint8Array, start: number, end: number, out: Uint8Array, offset: number): number {
  let slash = end - 1;
  while (slash > start && text[slash] !== SLASH) slash--;
  if (slash <= start) return -1;
  const length = readLength(text, slash + 1, end);
  if (length < 0) return -1;
  const octets = isIPv6Text(text, start, slash) ? 16 : 4;
  const isAddress =
    octets === 16 ? readIPv6(text, start, slash, out, offset + 1) : readIPv4(text, start, slash, out, offset + 1);
  if (!isAddress || length > 8 * octets) return -1;
  const last = offset + 1 + ((length + 7) >> 3);
  if (length % 8 !== 0 && ((out[last - 1] as number) & (0xff >> (length % 8))) !== 0) return -1;
  for (let at = last; at <= offset + octets; at++) if (out[at] !== 0) return -1;
  out[offset] = length;
  return last;
}

/** It has a colon, so that it is no IPv4 address: among the first five characters, where one of IPv6 has one. */
export function isIPv6Text(text: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end && at < start + 5; at++) if (text[at] === COLON) return true;
  return false;
}

/** A number of at most three digits without leading zeros; -1 when it is none. */
function readLength(text: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > 3 || (digits > 1 && text[start] === 48)) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = (text[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = 10 * length + digit;
  }
  return length;
}

/** The text of the 16 octets at `offset`, in the one form of RFC 5952; an IPv4-mapped address as `::ffff:192.0.2.1`. */
export function formatIPv6(bytes: Uint8Array, offset: number): string {
  const run = longestZeroRun(bytes, offset);
  if (isMapped(bytes, offset, run)) return `::ffff:${formatIPv4(bytes, offset + 12)}`;
  const gap = run >> 4;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += i === 0 ? '::' : ':';
      i += (run & 15) - 1;
      continue;
    }
    text += wordAt(bytes, offset, i).toString(16);
    if (i < 7) text += ':';
  }
  return text;
}

/** Writes what `formatOctets` gives of 4 or 16 octets to `out` at `at`, as ASCII, at most 39 octets; returns where it ends. */
export function writeOctets(bytes: Uint8Array, out: Uint8Array, at: number): number {
  return bytes.length === 4 ? writeIPv4(bytes, 0, out, at) : writeIPv6(bytes, 0, out, at);
}

function writeIPv6(bytes: Uint8Array, offset: number, out: Uint8Array, at: number): number {
  const run = longestZeroRun(bytes, offset);
  const gap = run >> 4;
  const hasQuad = isMapped(bytes, offset, run);
  const words = hasQuad ? 6 : 8;
  let end = at;
  for (let i = 0; i < words; i++) {
    if (i === gap) {
      if (i === 0) out[end++] = COLON;
      out[end++] = COLON;
      i += (run & 15) - 1;
      continue;
    }
    end = writeHex(wordAt(bytes, offset, i), out, end);
    if (i < 7) out[end++] = COLON;
  }
  return hasQuad ? writeIPv4(bytes, offset + 12, out, end) : end;
}

function writeIPv4(bytes: Uint8Array, offset: number, out: Uint8Array, at: number): number {
  let end = at;
  for (let i = 0; i < 4; i++) {
    if (i > 0) out[end++] = DOT;
    end = writeDecimal(bytes[offset + i] as number, out, end);
  }
  return end;
}

/** Writes a number below 1000; returns where it ends. */
export function writeDecimal(value: number, out: Uint8Array, at: number): number {
  let end = at;
  if (value > 99) out[end++] = 48 + Math.floor(value / 100);
  if (value > 9) out[end++] = 48 + (Math.floor(value / 10) % 10);
  out[end++] = 48 + (value % 10);
  return end;
}

function writeHex(word: number, out: Uint8Array, at: number): number {
  let end = at;
  if (word > 0xfff) out[end++] = hexCode(word >> 12);
  if (word > 0xff) out[end++] = hexCode((word >> 8) & 15);
  if (word > 0xf) out[end++] = hexCode((word >> 4) & 15);
  out[end++] = hexCode(word & 15);
  return end;
}

function hexCode(digit: number): number {
  return digit < 10 ? 48 + digit : 87 + digit;
}

/** The first of the longest runs of at least two zero words (RFC 5952, 4.2), as 16 * its first word + its length; negative: there is none. */
function longestZeroRun(bytes: Uint8Array, offset: number): number {
  let run = -1;
  let longest = 1;
  for (let i = 0; i < 8; ) {
    let length = 0;
    while (i + length < 8 && wordAt(bytes, offset, i + length) === 0) length++;
    if (length > longest) {
      run = (i << 4) | length;
      longest = length;
    }
    i += length + 1;
  }
  return run;
}

/** An IPv4-mapped address: `::ffff:0:0/96`. */
function isMapped(bytes: Uint8Array, offset: number, run: number): boolean {
  return run === 5 && wordAt(bytes, offset, 5) === 0xffff;
}

/** The dotted quad of the 4 octets at `offset`. */
export function formatIPv4(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** The 4 or 16 octets of an address without a zone; undefined when the text is none. */
export function parseOctets(text: string): Uint8Array | undefined {
  if (text.includes(':')) {
    const bytes = new Uint8Array(16);
    return parseIPv6(text, bytes, 0) ? bytes : undefined;
  }
  const bytes = new Uint8Array(4);
  return parseIPv4(text, bytes, 0) ? bytes : undefined;
}

/** The text of 4 or 16 octets. */
export function formatOctets(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIPv4(bytes, 0) : formatIPv6(bytes, 0);
}

function wordAt(bytes: Uint8Array, offset: number, index: number): number {
  const at = offset + 2 * index;
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
