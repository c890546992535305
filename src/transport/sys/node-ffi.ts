import type { SocketCalls } from './calls.ts';
import { lengthOf } from './koffi.ts';
import { filterProgram, SO_ATTACH_FILTER, SOCK_CLOEXEC, SOL_SOCKET } from './structs.ts';

/** What is used of node:ffi, which Node has from 26.10 on. */
interface NodeFfi {
  dlopen(
    path: string,
    functions: Readonly<Record<string, { readonly arguments: readonly string[]; readonly return: string }>>,
  ): { readonly functions: Readonly<Record<string, (...values: readonly (number | Uint8Array)[]) => unknown>> };
  getInt32(pointer: unknown, offset: number): number;
  getRawPointer(source: Uint8Array): bigint;
}

/** Throws when this Node has no node:ffi, or may not use it. */
export function nodeFfiCalls(): SocketCalls {
  const ffi = process.getBuiltinModule('node:ffi') as NodeFfi | undefined;
  if (ffi === undefined) throw new Error(`Node ${process.versions.node} has no node:ffi`);
  const int = (...parameters: string[]) => ({ arguments: parameters, return: 'int32' });
  const { functions } = ffi.dlopen('libc.so.6', {
    socket: int('int32', 'int32', 'int32'),
    bind: int('int32', 'buffer', 'uint32'),
    setsockopt: int('int32', 'int32', 'int32', 'buffer', 'uint32'),
    getsockopt: int('int32', 'int32', 'int32', 'buffer', 'buffer'),
    dup3: int('int32', 'int32', 'int32'),
    close: int('int32'),
    if_nametoindex: int('buffer'),
    __errno_location: { arguments: [], return: 'pointer' },
  });
  const call = (name: string, ...values: readonly (number | Uint8Array)[]): number => {
    const result = Number(functions[name]?.(...values));
    return result === -1 ? -ffi.getInt32(functions['__errno_location']?.(), 0) : result;
  };
  return {
    socket: (domain, type, protocol) => call('socket', domain, type, protocol),
    bind: (fd, address) => call('bind', fd, address, address.length),
    setsockopt: (fd, level, name, value) => call('setsockopt', fd, level, name, value, value.length),
    getsockopt: (fd, level, name, value) => call('getsockopt', fd, level, name, value, lengthOf(value)),
    attachFilter(fd, program) {
      const value = filterProgram(program, ffi.getRawPointer(program));
      return call('setsockopt', fd, SOL_SOCKET, SO_ATTACH_FILTER, value, value.length);
    },
    replace: (from, to) => call('dup3', from, to, SOCK_CLOEXEC),
    close: (fd) => call('close', fd),
    interfaceIndex: (name) => call('if_nametoindex', new TextEncoder().encode(`${name}\0`)),
  };
}
