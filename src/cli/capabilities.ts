import type { PeerState } from '../gen/herald/v1/types.ts';

/** What the two OPENs claimed, each capability once. */
export function capabilityLines(peer: PeerState): string[] {
  const said = new Map<string, { local: boolean; remote: boolean }>();
  for (const capability of peer.localCapabilities) said.set(capability.text, { local: true, remote: false });
  for (const capability of peer.remoteCapabilities) {
    const key = capability.text;
    said.set(key, { local: said.get(key)?.local ?? false, remote: true });
  }
  return [
    `BGP neighbor is ${peer.peerAddress}, remote AS ${peer.peerAsn}`,
    '  Neighbor capabilities:',
    ...Array.from(said, ([text, by]) => `    ${text}: ${who(by)}`),
  ];
}

function who({ local, remote }: { readonly local: boolean; readonly remote: boolean }): string {
  if (local && remote) return 'advertised and received';
  return local ? 'advertised' : 'received';
}
