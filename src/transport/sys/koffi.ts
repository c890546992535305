import { createRequire } from 'node:module';
import type { SocketCalls } from './calls.ts';
import { filterProgram, SO_ATTACH_FILTER, SOCK_CLOEXEC, SOL_SOCKET } from './structs.ts';

/** What is used of koffi, which need not be installed. */
interface Koffi {
  load(path: string | null): { func(name: string, result: string, parameters: readonly string[]): NativeFunction };
  errno(): number;
  /** Of the octets that a buffer has. */
  address(value: Uint8Array): bigint;
}

type NativeFunction = (...values: readonly (number | string | Uint8Array)[]) => number;

/** Throws when koffi is not installed, or has nothing for this machine. */
export function koffiCalls(): SocketCalls {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  // The process itself: Node is linked to the C library, whatever that is called here.
  const libc = koffi.load(null);
  const declare = (name: string, ...parameters: string[]): NativeFunction => {
    const call = libc.func(name, 'int', parameters);
    return (...values) => {
      const result = call(...values);
      return result === -1 ? -koffi.errno() : result;
    };
  };
  // A buffer and never a number: koffi checks the type, and only a made-up address could harm the process. The one that a filter
  // has in it is that of a buffer that lives until the call is over.
  const socket = declare('socket', 'int', 'int', 'int');
  const bind = declare('bind', 'int', 'void *', 'uint32_t');
  const setsockopt = declare('setsockopt', 'int', 'int', 'int', 'void *', 'uint32_t');
  const getsockopt = declare('getsockopt', 'int', 'int', 'int', 'void *', 'void *');
  const dup3 = declare('dup3', 'int', 'int', 'int');
  const close = declare('close', 'int');
  const interfaceIndex = declare('if_nametoindex', 'const char *');
  return {
    socket: (domain, type, protocol) => socket(domain, type, protocol),
    bind: (fd, address) => bind(fd, address, address.length),
    setsockopt: (fd, level, name, value) => setsockopt(fd, level, name, value, value.length),
    getsockopt: (fd, level, name, value) => getsockopt(fd, level, name, value, lengthOf(value)),
    attachFilter(fd, program) {
      const value = filterProgram(program, koffi.address(program));
      return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, value.length);
    },
    replace: (from, to) => dup3(from, to, SOCK_CLOEXEC),
    close: (fd) => close(fd),
    interfaceIndex: (name) => interfaceIndex(name),
  };
}

/** A socklen_t. */
export function lengthOf(value: Uint8Array): Uint8Array {
  return new Uint8Array(Uint32Array.of(value.length).buffer);
}
