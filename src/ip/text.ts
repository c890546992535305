// Addresses between text and octets, without an object per address: for tables and streams. Everybody else uses `Address`.

const COLON = 58;
const DOT = 46;

/**
 * Parses an IPv6 address (RFC 4291, 2.2, without a zone) into the 16 octets of `out` at `offset`.
 * False when it is none; what `out` then holds there is undefined.
 */
export function parseIPv6(text: string, out: Uint8Array, offset: number): boolean {
  const end = text.length;
  let at = 0;
  let octets = 0;
  let gap = -1;
  if (end < 2) return false;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    const start = at;
    let word = 0;
    for (; at < end; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      if (at - start === 4) return false;
      word = (word << 4) | digit;
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      if (octets > 12 || !parseIPv4(text, out, offset + octets, start)) return false;
      octets += 4;
      break;
    }
    if (at === start || octets === 16) return false;
    out[offset + octets++] = word >> 8;
    out[offset + octets++] = word;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON || ++at === end) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = octets;
      at++;
    }
  }
  if (gap < 0) return octets === 16;
  if (octets === 16) return false;
  const tail = octets - gap;
  out.copyWithin(offset + 16 - tail, offset + gap, offset + octets);
  out.fill(0, offset + gap, offset + 16 - tail);
  return true;
}

/**
 * Parses a dotted quad, from `start` to the end of `text`, into the 4 octets of `out` at `offset`.
 * False when it is none (a leading zero is refused: some would read it as octal); what `out` then holds there is undefined.
 */
export function parseIPv4(text: string, out: Uint8Array, offset: number, start = 0): boolean {
  let at = start;
  for (let i = 0; i < 4; i++) {
    const first = at;
    let octet = 0;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      if (at > first && octet === 0) return false;
      octet = octet * 10 + digit;
      if (octet > 255) return false;
    }
    if (at === first) return false;
    out[offset + i] = octet;
    if (i < 3 && text.charCodeAt(at++) !== DOT) return false;
  }
  return at === text.length;
}

/** The text of the 16 octets at `offset`, in the one form of RFC 5952; an IPv4-mapped address as `::ffff:192.0.2.1`. */
export function formatIPv6(bytes: Uint8Array, offset: number): string {
  let gap = -1;
  let gapLength = 1;
  for (let i = 0; i < 8; ) {
    let length = 0;
    while (i + length < 8 && wordAt(bytes, offset, i + length) === 0) length++;
    if (length > gapLength) {
      gap = i;
      gapLength = length;
    }
    i += length + 1;
  }
  if (gap === 0 && gapLength === 5 && wordAt(bytes, offset, 5) === 0xffff) {
    return `::ffff:${formatIPv4(bytes, offset + 12)}`;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += i === 0 ? '::' : ':';
      i += gapLength - 1;
      continue;
    }
    text += wordAt(bytes, offset, i).toString(16);
    if (i < 7) text += ':';
  }
  return text;
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

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
