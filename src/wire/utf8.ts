const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of UTF-8 in shortest form; undefined for anything else, which is not to be interpreted (RFC 9003, 2). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text in UTF-8, cut before the first character that does not fit in `limit` octets. */
export function encodeUtf8(text: string, limit: number): Uint8Array {
  // A character takes at least one octet for each UTF-16 unit: what is past `limit` units never fits.
  const bytes = encoder.encode(text.slice(0, limit + 1));
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
