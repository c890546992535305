import type { Bfd } from '../link/bfd/ports.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { Links } from '../link/links.ts';
import type { World } from '../session/ports.ts';

export interface StartOptions {
  /** Another speaker with these peers left off a moment ago, and what it announced is still forwarded (RFC 4724, 4.1). */
  readonly restarted?: boolean;
  /** No session begins before `startPeers`: what is to be announced is not all there yet. */
  readonly peersWait?: boolean;
}

/** The machine: clock, sockets, entropy, and the addresses of its interfaces. */
export interface SpeakerWorld extends World {
  /** Absent: what the operating system says. */
  interfaces?(): readonly InterfaceAddress[];
  /** Absent: nobody tells of links, and no router is found on one. */
  readonly links?: Links;
  /** Absent: peers that ask for BFD go without. */
  readonly bfd?: Bfd;
  /** Octets that received routes may take, all together. Absent: only the number of prefixes is bounded. */
  readonly memory?: number;
}
