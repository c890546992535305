// The routes that every speaker originates: 2001:db8:XXXX:YYYY::/64, known by the number 0xXXXXYYYY.

/** The first route of a table. */
export const firstRoute = 0x0001_0000;

/** The first of those that a case adds one by one; no table reaches it. */
export const firstSingleRoute = 0x8000_0000;

export function prefixOf(route: number): string {
  return `2001:db8:${(route >>> 16).toString(16)}:${(route & 0xffff).toString(16)}::`;
}

/** A line for each route of a table of `count`. */
export function lines(count: number, line: (prefix: string) => string, first = firstRoute): string {
  const all: string[] = [];
  for (let i = 0; i < count; i++) all.push(line(prefixOf(first + i)));
  return `${all.join('\n')}\n`;
}

/** `count` routes as NLRI, one behind the other. */
export function packed(first: number, count: number): Buffer {
  const bytes = Buffer.alloc(count * 9);
  for (let i = 0; i < count; i++) {
    bytes[i * 9] = 64;
    bytes.writeUInt32BE(0x2001_0db8, i * 9 + 1);
    bytes.writeUInt32BE(first + i, i * 9 + 5);
  }
  return bytes;
}

/** A table in `sets` parts of the same size, each with a community of its own. */
export function* partsOf(routes: number, sets: number) {
  for (let set = 0, done = 0; set < sets; set++) {
    const until = Math.floor((routes * (set + 1)) / sets);
    const community = ((65_000 + (set >>> 16)) << 16) >>> 0;
    yield { first: firstRoute + done, count: until - done, community: community + (set & 0xffff) };
    done = until;
  }
}
