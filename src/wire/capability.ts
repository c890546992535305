import type { Family } from './family.ts';

/** One capability of an OPEN (RFC 5492), by name. */
export type Capability =
  | { readonly name: 'multiprotocol'; readonly family: Family }
  | { readonly name: 'route-refresh' }
  | { readonly name: 'extended-next-hop'; readonly entries: readonly ExtendedNextHop[] }
  | { readonly name: 'extended-message' }
  | { readonly name: 'role'; readonly role: number }
  | {
      readonly name: 'graceful-restart';
      readonly restarting: boolean;
      readonly notification: boolean;
      readonly time: number;
      readonly families: readonly RestartFamily[];
    }
  | { readonly name: 'four-octet-as'; readonly asn: number }
  | { readonly name: 'add-path'; readonly families: readonly AddPathFamily[] }
  | { readonly name: 'enhanced-route-refresh' }
  | { readonly name: 'long-lived-graceful-restart'; readonly families: readonly LongLivedFamily[] }
  | { readonly name: 'fqdn'; readonly host: string; readonly domain: string }
  | { readonly name: 'software-version'; readonly version: string }
  | { readonly name: 'link-local-next-hop' }
  | { readonly name: 'unknown'; readonly code: number; readonly value: Uint8Array };

export interface ExtendedNextHop {
  readonly family: Family;
  /** AFI of the next hop: 2 for IPv6. */
  readonly nextHopAfi: number;
}

export interface RestartFamily {
  readonly family: Family;
  readonly forwarding: boolean;
}

export interface AddPathFamily {
  readonly family: Family;
  readonly mode: 'receive' | 'send' | 'both';
}

export interface LongLivedFamily {
  readonly family: Family;
  readonly forwarding: boolean;
  /** Seconds, 24 bits. */
  readonly staleTime: number;
}
