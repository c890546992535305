/** A peer's text as it may be shown: in quotes, and what could move a cursor, break a line or reverse the reading order escaped. */
export function quote(text: string): string {
  const safe = text.replace(/["\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\u{${(char.codePointAt(0) as number).toString(16)}}`,
  );
  return `"${safe}"`;
}

/** Two lower-case digits for each octet; with a `limit` in octets, what is past it becomes a count. */
export function hex(bytes: Uint8Array, limit = bytes.length): string {
  const digits = Array.from(bytes.subarray(0, limit), (octet) => octet.toString(16).padStart(2, '0')).join('');
  return bytes.length > limit ? `${digits}... (${bytes.length} octets)` : digits;
}
