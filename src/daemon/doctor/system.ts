import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../ip/address.ts';
import { interfaceAddresses } from '../../link/interfaces.ts';
import type { Availability } from '../../session/ports.ts';
import { supports, supportsTcpAo } from '../../transport/sys/options.ts';
import { systemSockets } from '../../transport/sys/system.ts';
import { thisMachine } from '../node-facts.ts';
import { capabilities, type System } from './types.ts';

/** This machine, as it is now. */
export function thisSystem(): System {
  return {
    sysctl: (name) => textAt(`/proc/sys/${name.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.'))}`)?.trim(),
    machine: thisMachine(),
    addresses: interfaceAddresses(),
    mtu: (device) => numberIn(textAt(`/sys/class/net/${device}/mtu`)),
    has(capability) {
      const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(textAt('/proc/self/status') ?? '')?.[1] ?? '0';
      return ((BigInt(`0x${effective}`) >> BigInt(capabilities[capability])) & 1n) === 1n;
    },
    native: () => systemSockets.available(),
    supports: (remote, options) => supports(systemSockets, remote, options),
    tcpAo: () => supportsTcpAo(systemSockets),
    routeTo,
    udpPort,
    now: () => new Date(),
    installed: statSync(fileURLToPath(import.meta.url)).mtime,
  };
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** To connect a UDP socket sends nothing: the kernel only looks for a way. */
function routeTo(remote: Address): Promise<Availability> {
  return new Promise((resolve) => {
    const socket = createSocket(remote.isIPv4 ? 'udp4' : 'udp6');
    const end = (able: Availability) => {
      socket.close();
      resolve(able);
    };
    socket.once('error', (error) => end({ ok: false, reason: error.message }));
    // To a callback Node would give the error too.
    socket.once('connect', () => end({ ok: true }));
    socket.connect(179, remote.toString());
  });
}

function udpPort(kind: 'ipv4' | 'ipv6', port: number): Promise<Availability> {
  return new Promise((resolve) => {
    const socket = createSocket(kind === 'ipv4' ? { type: 'udp4' } : { type: 'udp6', ipv6Only: true });
    socket.once('error', (error) => {
      socket.close();
      const owner = ownerOf(kind, port);
      if (owner?.command.includes('herald')) resolve({ ok: true });
      else
        resolve({ ok: false, reason: owner === undefined ? error.message : `${owner.command} (${owner.pid}) has it` });
    });
    socket.bind({ port, exclusive: true }, () => {
      socket.close();
      resolve({ ok: true });
    });
  });
}

/** The process that has a UDP port; undefined when that cannot be seen. */
function ownerOf(kind: 'ipv4' | 'ipv6', port: number): { readonly pid: string; readonly command: string } | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = (textAt(kind === 'ipv4' ? '/proc/net/udp' : '/proc/net/udp6') ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(`:${wanted}`))
    .map((columns) => `socket:[${columns[9]}]`);
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!namesIn(`/proc/${pid}/fd`).some((fd) => sockets.includes(targetAt(`/proc/${pid}/fd/${fd}`)))) continue;
    const command = (textAt(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
    return { pid, command: command === '' ? 'a process' : command };
  }
  return undefined;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function targetAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
