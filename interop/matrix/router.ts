import type { LabNode } from '../lab/node.ts';

/** What the matrix has a column for. */
export const features = [
  'numbered',
  'link-local address',
  'unnumbered',
  'MD5',
  'MD5 by link-local address',
  'GTSM',
  'ADD-PATH',
  'route refresh',
  'IPv4 over IPv6',
  'extended messages',
  'graceful restart',
  'BFD',
  'BFD by link-local address',
  'shutdown text',
] as const;
export type Feature = (typeof features)[number];

/** How both ends of every session are configured for one run. */
export interface Setup {
  /** `unnumbered`: neither end is told the other's address, only the interface. */
  readonly addresses: 'global' | 'link-local' | 'unnumbered';
  readonly families: readonly ('ipv6' | 'ipv4')[];
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  readonly gracefulRestart?: boolean;
  readonly addPath?: boolean;
  /** 300 ms × 3. */
  readonly bfd?: boolean;
}

/** One end of one link, as the other end's configuration names it. */
export interface Ends {
  /** The router's AS. */
  readonly asn: number;
  /** Without a zone. */
  readonly router: string;
  readonly herald: string;
  readonly unnumbered: boolean;
}

export const heraldAsn = 65001;
/** The router's interface. */
export const port = 'eth1';

/** A kind of routing daemon: how it is told, and what it says. */
export interface Router {
  /** Whether the session is up, as the daemon sees it. */
  isEstablished(node: LabNode, ends: Ends): Promise<boolean>;
  /** Starts the daemon with this configuration and no other. */
  start(node: LabNode, setup: Setup, ends: Ends): Promise<void>;
  /** The next hops that the daemon has for each prefix it took from Herald. */
  routes(node: LabNode, family: 'ipv6' | 'ipv4', ends: Ends): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Has the daemon ask for everything again. */
  refresh(node: LabNode, ends: Ends): Promise<void>;
  /** Absent where the daemon has no BFD. */
  readonly bfd?: {
    isUp(node: LabNode, ends: Ends): Promise<boolean>;
    /** The process that talks BFD. */
    readonly process: string;
  };
  /** What the daemon has to say of the end of the last session. */
  ended(node: LabNode, ends: Ends): Promise<string>;
}

/** The next hops of one prefix more. */
export function gather(into: Record<string, string[]>, prefix: string, ...nextHops: readonly string[]): void {
  into[prefix] = [...(into[prefix] ?? []), ...nextHops];
}
