import type { LabNode } from './node.ts';

/** The link-local address that a node has on an interface, without a zone. */
export async function linkLocal(node: LabNode, device = 'eth1'): Promise<string> {
  const links = await node.json<{ addr_info?: { local?: string }[] }[]>(
    `ip -6 -j addr show dev ${device} scope link`.split(' '),
  );
  // Addresses of another scope are empty objects.
  const [address] = links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? []));
  if (address === undefined) throw new Error(`${node.name} has no link-local address on ${device}`);
  return address;
}
