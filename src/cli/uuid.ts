/** Sixteen octets as `01234567-89ab-cdef-0123-456789abcdef`; none as nothing. */
export function formatUuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** With or without hyphens; undefined when it is no uuid. */
export function parseUuid(text: string): Buffer | undefined {
  const hex = text.replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}
