import type { Availability } from '../../session/ports.ts';

/** The calls of the C library that Node has no way to make. Each gives its result, or the error number as a negative one. */
export interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  /** `address` is a sockaddr. */
  bind(fd: number, address: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  /** Fills `value`. */
  getsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
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
