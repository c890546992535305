import type { Availability } from '../../session/ports.ts';

/** The calls of the C library that Node has no way to make. Each gives its result, or the error number as a negative one. */
export interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  /** `address` is a sockaddr. */
  bind(fd: number, address: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  /** Fills `value`. */
  getsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  /**
   * Lets only those packets through to a socket that a classic BPF program takes: as `struct sock_filter`, in the machine's order
   * (SO_ATTACH_FILTER).
   */
  attachFilter(fd: number, program: Uint8Array): number;
  /** Makes `to` the same as `from`, in place of what it was; close-on-exec. */
  replace(from: number, to: number): number;
  close(fd: number): number;
  /** 0: there is no such interface. */
  interfaceIndex(name: string): number;
}

/** Sockets as the operating system has them. */
export interface SysSockets {
  /** Loads native code when first asked. */
  available(): SysAvailability;
}

export type SysAvailability =
  | { readonly ok: true; readonly calls: SocketCalls }
  | Exclude<Availability, { readonly ok: true }>;
