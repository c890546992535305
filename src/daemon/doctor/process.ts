import { targetOf } from '../../speaker/target.ts';
import type { Neighbor } from '../../speaker/types.ts';
import { error, warning } from './links.ts';
import type { Check, Problem, Subject } from './types.ts';

// What Herald itself needs: of the user that runs this command, so it is to be the daemon's.

const firstFreePort = 1024;

const ports: Check = {
  name: 'port 179',
  find({ config, neighbors, system }) {
    const low = Number(system.sysctl('net.ipv4.ip_unprivileged_port_start') ?? firstFreePort);
    const wanted = [
      ...config.instances.map(({ global }) => global.listenPort).filter((port) => port > 0),
      ...neighbors.flatMap(({ transport }) => transport.localPort ?? []),
    ];
    const privileged = [...new Set(wanted)].filter((port) => port < low);
    if (privileged.length === 0) return undefined;
    if (system.has('CAP_NET_BIND_SERVICE')) return [];
    const text = `port ${privileged.join(', ')} needs CAP_NET_BIND_SERVICE, which this user has not`;
    return [error(text, 'setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f "$(command -v node)")"')];
  },
};

const rawSockets: Check = {
  name: 'raw sockets',
  find({ neighbors, system }) {
    const unnumbered = neighbors.filter((neighbor) => targetOf(neighbor).kind === 'interface');
    if (unnumbered.length === 0) return undefined;
    if (system.has('CAP_NET_RAW')) return [];
    const text = `peer ${names(unnumbered)}: router advertisements need CAP_NET_RAW, which this user has not`;
    return [error(text, 'setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f "$(command -v node)")"')];
  },
};

/** What peers need, configured or yet to appear. */
function needsOf({ config, neighbors }: Subject): readonly Omit<Neighbor, 'asn'>[] {
  const ranges = config.instances.flatMap(({ listenRanges }) => listenRanges);
  return [
    ...neighbors,
    ...ranges.map(({ name, prefix, template }) => ({ ...template, name, address: prefix.address })),
  ];
}

const native: Check = {
  name: 'native code',
  find(subject) {
    const { config, system } = subject;
    const needy = needsOf(subject).filter(
      (neighbor) =>
        neighbor.bfd !== undefined ||
        neighbor.transport.password !== undefined ||
        neighbor.transport.ttlSecurity === true ||
        neighbor.transport.bindToDevice !== undefined ||
        neighbor.transport.userTimeout !== undefined ||
        targetOf(neighbor).kind === 'interface',
    );
    if (needy.length === 0 && config.instances.length > 0) return undefined;
    const able = system.native();
    if (able.ok) return [];
    const fix = 'npm install koffi';
    return needy.length === 0
      ? [warning(`koffi does not load, which passwords, BFD and unnumbered links need: ${able.reason}`, fix)]
      : [error(`peer ${names(needy)} needs koffi: ${able.reason}`, fix)];
  },
};

const socketOptions: Check = {
  name: 'socket options',
  find(subject) {
    const { system } = subject;
    const needy = needsOf(subject).filter(
      ({ transport }) => transport.password !== undefined || transport.ttlSecurity === true,
    );
    if (needy.length === 0 || !system.native().ok) return undefined;
    return needy.flatMap(({ name, address, transport: { password, ttlSecurity } }): Problem[] => {
      const options = { ...(password && { password }), ...(ttlSecurity === true && { ttlSecurity }) };
      const able = system.supports(address, options);
      if (able.ok) return [];
      const fix = `zgrep TCP_MD5SIG /proc/config.gz # a kernel with CONFIG_TCP_MD5SIG, or no password for ${name}`;
      return [error(`peer ${name}: ${able.reason}`, fix)];
    });
  },
};

const tcpAo: Check = {
  name: 'TCP-AO',
  find: () => undefined,
  note(system) {
    const able = system.tcpAo();
    return able.ok ? 'the kernel has it; Herald signs with TCP MD5 alone' : able.reason;
  },
};

const bfdPort = 3784;

const bfd: Check = {
  name: 'BFD port',
  async find({ neighbors, system }) {
    const with_ = neighbors.filter(({ bfd: options }) => options !== undefined);
    if (with_.length === 0) return undefined;
    const kinds = new Set(with_.map(({ address }) => (address.isIPv4 ? 'ipv4' : 'ipv6')));
    const found = await Promise.all(
      [...kinds].map(async (kind): Promise<Problem[]> => {
        const able = await system.udpPort(kind, bfdPort);
        return able.ok
          ? []
          : [error(`UDP port ${bfdPort} of BFD is in use: ${able.reason}`, `fuser -k ${bfdPort}/udp`)];
      }),
    );
    return found.flat();
  },
};

function names(neighbors: readonly Pick<Neighbor, 'name'>[]): string {
  return neighbors.map(({ name }) => name).join(', ');
}

export const processChecks: readonly Check[] = [ports, rawSockets, native, socketOptions, tcpAo, bfd];
