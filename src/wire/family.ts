declare const brand: unique symbol;

/** An address family: AFI * 256 + SAFI, so that it is one small number that a Map or Set can key on. */
export type Family = number & { readonly [brand]: 'Family' };

export function family(afi: number, safi: number): Family {
  return (afi * 256 + safi) as Family;
}

export function afiOf(of: Family): number {
  return Math.floor(of / 256);
}

export function safiOf(of: Family): number {
  return of % 256;
}

export const ipv4Unicast: Family = family(1, 1);
export const ipv4Multicast: Family = family(1, 2);
export const ipv6Unicast: Family = family(2, 1);
export const ipv6Multicast: Family = family(2, 2);

const afiNames: ReadonlyMap<number, string> = new Map([
  [1, 'ipv4'],
  [2, 'ipv6'],
  [25, 'l2vpn'],
  [16388, 'ls'],
  [16397, 'opaque'],
]);

const safiNames: ReadonlyMap<number, string> = new Map([
  [1, 'unicast'],
  [2, 'multicast'],
  [4, 'mpls_label'],
  [7, 'encapsulation'],
  [65, 'vpls'],
  [70, 'evpn'],
  [71, 'ls'],
  [73, 'sr_policy'],
  [85, 'mup'],
  [128, 'mpls_vpn'],
  [129, 'mpls_vpn_multicast'],
  [132, 'route_target_constraints'],
  [133, 'flowspec_unicast'],
  [134, 'flowspec_vpn'],
  [241, 'key_value'],
]);

const afiNumbers = inverse(afiNames);
const safiNumbers = inverse(safiNames);

/** As in `ipv6/unicast`, with Cilium's names; a number without a name as in `afi-99/safi-5`. */
export function familyName(of: Family): string {
  return `${afiName(afiOf(of))}/${safiNames.get(safiOf(of)) ?? `safi-${safiOf(of)}`}`;
}

/** As in `ipv6`, or `afi-99`. */
export function afiName(afi: number): string {
  return afiNames.get(afi) ?? `afi-${afi}`;
}

/** Reads what `familyName` writes, also with `-` between the names, in any case; undefined for anything else. */
export function parseFamily(text: string): Family | undefined {
  const match = /^(afi-\d{1,5}|[a-z\d]+)[/-](safi-\d{1,3}|[a-z_]+)$/.exec(text.toLowerCase());
  if (match === null) return undefined;
  const [, afiText = '', safiText = ''] = match;
  const afi = afiNumbers.get(afiText) ?? numberOf(afiText, 'afi-', 0xffff);
  const safi = safiNumbers.get(safiText) ?? numberOf(safiText, 'safi-', 0xff);
  return afi === undefined || safi === undefined ? undefined : family(afi, safi);
}

function numberOf(text: string, prefix: string, most: number): number | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const value = Number(text.slice(prefix.length));
  return value <= most ? value : undefined;
}

function inverse(names: ReadonlyMap<number, string>): ReadonlyMap<string, number> {
  return new Map([...names].map(([number, name]) => [name, number]));
}
