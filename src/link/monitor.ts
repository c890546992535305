import type { Clock } from '../session/ports.ts';
import { adopt } from '../transport/sys/adopt.ts';
import type { SysSockets } from '../transport/sys/calls.ts';
import { checked, SocketError } from '../transport/sys/options.ts';
import { addressFamilies, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, sockaddrNetlink } from '../transport/sys/structs.ts';
import type { InterfaceState } from './interfaces.ts';
import type { LinkChange, LinkState } from './links.ts';
import { decodeNetlink } from './netlink.ts';

const NETLINK_ROUTE = 0;
/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR. */
const groups = 0x1 | 0x10 | 0x100;

/** Milliseconds between looks where the kernel does not tell by itself: a fraction of what any hold timer could do. */
const pollInterval = 250;

/** Tells a monitor, for as long as the process lives, what the kernel says; false: it says nothing here. */
export type OpenSource = (
  changed: (datagram: Uint8Array) => void,
  /** Something may have been missed. */
  lost: () => void,
) => boolean;

/** Keeps the state of each interface, as the kernel tells it; where it cannot, by looking often. */
export class LinkMonitor {
  readonly #look: () => ReadonlyMap<string, InterfaceState>;
  readonly #clock: Clock;
  readonly #changed: (change: LinkChange) => void;
  /** Those that exist. */
  readonly #interfaces: Map<string, InterfaceState>;

  constructor(
    look: () => ReadonlyMap<string, InterfaceState>,
    open: OpenSource,
    clock: Clock,
    changed: (change: LinkChange) => void,
  ) {
    this.#look = look;
    this.#clock = clock;
    this.#changed = changed;
    // Before the first look, or what happens in between would be missed.
    const isTold = open(
      (datagram) => this.#told(datagram),
      () => this.#lookAgain('all'),
    );
    this.#interfaces = new Map(look());
    if (!isTold) this.#poll();
  }

  stateOf(name: string): LinkState {
    return this.#interfaces.get(name)?.state ?? 'absent';
  }

  #told(datagram: Uint8Array): void {
    const messages = decodeNetlink(datagram);
    for (const message of messages) if (message.type === 'link') this.#stateTold(message.interface, message.state);
    if (messages.some(({ type }) => type === 'addresses')) this.#lookAgain('addresses');
  }

  #stateTold(name: string, state: LinkState): void {
    if (this.stateOf(name) === state) return;
    if (state === 'absent') this.#interfaces.delete(name);
    else this.#interfaces.set(name, { state, addresses: this.#interfaces.get(name)?.addresses ?? '' });
    this.#changed({ interface: name, state });
  }

  /** With `addresses`, what the kernel told of states stays: a link may be up without an address. */
  #lookAgain(at: 'all' | 'addresses'): void {
    const now = this.#look();
    for (const name of new Set([...this.#interfaces.keys(), ...now.keys()])) {
      const before = this.#interfaces.get(name);
      const after = now.get(name);
      if (before?.state === after?.state && before?.addresses === after?.addresses) continue;
      if (after === undefined) {
        if (at === 'all') this.#stateTold(name, 'absent');
      } else if (at === 'all' || after.state === 'up') {
        this.#interfaces.set(name, after);
        this.#changed({ interface: name, state: after.state });
      }
    }
  }

  #poll(): void {
    this.#clock.timer(pollInterval, () => {
      this.#lookAgain('all');
      this.#poll();
    });
  }
}

/** A netlink socket of this machine; false where there is none to be had. */
export function netlinkSource(sys: SysSockets): OpenSource {
  return (changed, lost) => {
    const found = sys.available();
    if (!found.ok) return false;
    const { calls } = found;
    try {
      const flags = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
      const fd = checked(calls.socket(addressFamilies.netlink, flags, NETLINK_ROUTE), 'a netlink socket');
      const bound = calls.bind(fd, sockaddrNetlink(groups));
      if (bound < 0) calls.close(fd);
      checked(bound, 'a netlink socket');
      const socket = adopt(calls, fd);
      socket.on('message', changed);
      // More happened at once than the kernel keeps for us (ENOBUFS).
      socket.on('error', lost);
      return true;
    } catch (error) {
      if (error instanceof SocketError) return false;
      throw error;
    }
  };
}
