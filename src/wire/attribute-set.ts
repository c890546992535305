// How a set of path attributes is kept: one octet with the length of the next hop, the next hop as MP_REACH_NLRI carries it, then the
// other path attributes in wire form.
//
//   | length (1) | next hop (0, 4, 12, 16, 24, 32, 48) | path attributes without MP_REACH_NLRI, MP_UNREACH_NLRI |
//
// No next hop: in the Loc-RIB, "each session's own address"; in an Adj-RIB-Out, "IPv4 in the NLRI field, whose NEXT_HOP is among
// the attributes".

export function attributeSet(nextHop: Uint8Array, attributes: Uint8Array): Uint8Array {
  const set = new Uint8Array(1 + nextHop.length + attributes.length);
  set[0] = nextHop.length;
  set.set(nextHop, 1);
  set.set(attributes, 1 + nextHop.length);
  return set;
}

export function nextHopOf(set: Uint8Array): Uint8Array {
  return set.subarray(1, attributesOffset(set));
}

export function attributesOf(set: Uint8Array): Uint8Array {
  return set.subarray(attributesOffset(set));
}

/** Where the attributes begin: at 1 where there is no next hop. */
export function attributesOffset(set: Uint8Array): number {
  return 1 + (set[0] as number);
}
