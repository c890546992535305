import type { Prefix } from '../../ip/prefix.ts';
import { targetOf } from '../../speaker/target.ts';
import type { Neighbor } from '../../speaker/types.ts';
import type { Check, LocalNeighbor, Problem, Subject, System } from './types.ts';

/** The interface that a peer is on; undefined when it is on none, or not yet. */
export function deviceOf({ address, transport }: Neighbor, { addresses }: System): string | undefined {
  return (
    address.zone ??
    transport.bindToDevice ??
    addresses.find(({ network, interface: name }) => name !== 'lo' && network.contains(address))?.interface
  );
}

function devicesOf({ neighbors, system }: Subject, which: (neighbor: Neighbor) => boolean = () => true): string[] {
  return [...new Set(neighbors.filter(which).flatMap((neighbor) => deviceOf(neighbor, system) ?? []))];
}

/** What the configuration announces. */
export function prefixesOf({ config }: Subject): readonly Prefix[] {
  return config.instances.flatMap(({ paths }) => paths.flatMap(({ prefixes }) => prefixes));
}

export function error(text: string, fix: string): Problem {
  return { severity: 'error', text, fix };
}

export function warning(text: string, fix: string): Problem {
  return { severity: 'warning', text, fix };
}

/** A dot in the name of an interface is a slash to sysctl. */
export function sysctlOf(device: string, name: string): string {
  return `net.ipv6.conf.${device.replaceAll('.', '/')}.${name}`;
}

const interfacesUp: Check = {
  name: 'interfaces are up',
  find(subject) {
    const devices = devicesOf(subject);
    if (devices.length === 0) return undefined;
    return devices.flatMap((device) => {
      const found = subject.system.machine.interfaces.find(({ name }) => name === device);
      if (found === undefined) return [error(`there is no interface ${device}`, `ip link show # which one is meant?`)];
      return found.adminUp ? [] : [error(`interface ${device} is down`, `ip link set dev ${device} up`)];
    });
  },
};

const linkLocal: Check = {
  name: 'link-local address',
  find(subject) {
    const devices = devicesOf(subject, ({ address }) => address.isIPv6);
    if (devices.length === 0) return undefined;
    return devices
      .filter((device) => subject.system.machine.interfaces.some(({ name, adminUp }) => name === device && adminUp))
      .filter(
        (device) =>
          !subject.system.addresses.some(({ interface: name, address }) => name === device && address.isLinkLocal),
      )
      .map((device) => {
        const text = `interface ${device} has no link-local address: routers forward to it, and neighbor discovery needs it`;
        const disabled = sysctlOf(device, 'disable_ipv6');
        if (subject.system.sysctl(disabled) === '1') return error(text, `sysctl -w ${disabled}=0`);
        return error(text, `ip -6 addr add fe80::${suffixOf(device)}/64 dev ${device}`);
      });
  },
};

/** Not the same on two interfaces of one machine, for people who look at several. */
function suffixOf(device: string): string {
  let sum = 7;
  for (let i = 0; i < device.length; i++) sum = (sum * 31 + device.charCodeAt(i)) % 0xfff0;
  return (sum + 1).toString(16);
}

const route: Check = {
  name: 'route to the peer',
  async find({ neighbors, system }) {
    const addressed = neighbors.filter((neighbor) => targetOf(neighbor).kind === 'address');
    if (addressed.length === 0) return undefined;
    const found = await Promise.all(
      addressed.map(async ({ address }): Promise<Problem[]> => {
        const able = await system.routeTo(address);
        if (able.ok) return [];
        const length = address.isIPv4 ? 24 : 64;
        const fix = `ip addr add ADDRESS/${length} dev INTERFACE # one of our own in the network of ${address}`;
        return [error(`there is no route to peer ${address}: ${able.reason}`, fix)];
      }),
    );
    return found.flat();
  },
};

const hops: Check = {
  name: 'peers one hop away',
  async find({ neighbors, system }) {
    const near = neighbors.filter((neighbor) => isSingleHop(neighbor) && targetOf(neighbor).kind === 'address');
    if (near.length === 0) return undefined;
    const found = await Promise.all(
      near.map(async ({ name, address }): Promise<Problem[]> => {
        if (address.isLinkLocal || system.addresses.some(({ network }) => network.contains(address))) return [];
        // One that nobody knows a way to is no question of hops.
        if (!(await system.routeTo(address)).ok) return [];
        const text = `peer ${name || address} is in another AS and in no network of this machine: what it is sent goes one hop, and a router in between drops it`;
        const fix = `ebgpMultihop: 2 # of the peer, or more: under transport in a configuration file, under spec in a CiliumBGPPeerConfig`;
        return [warning(text, fix)];
      }),
    );
    return found.flat();
  },
};

/** What it is sent goes no further than the link, unless somebody says so; with GTSM nobody can. */
function isSingleHop({ asn, localAsn, transport }: LocalNeighbor): boolean {
  return asn !== 0 && asn !== localAsn && (transport.ebgpMultihop ?? 1) === 1 && transport.ttlSecurity !== true;
}

const mtu: Check = {
  name: 'MTU',
  find(subject) {
    const { system } = subject;
    const links = devicesOf(subject);
    const pods = system.addresses.filter(
      ({ interface: name, address }) =>
        name !== 'lo' && !links.includes(name) && prefixesOf(subject).some((prefix) => prefix.contains(address)),
    );
    if (links.length === 0 || pods.length === 0) return undefined;
    return links.flatMap((link) => {
      const most = system.mtu(link) ?? 0;
      return [...new Set(pods.map(({ interface: name }) => name))].flatMap((pod) => {
        const own = system.mtu(pod) ?? 0;
        if (own <= most) return [];
        const text = `interface ${pod} of pods has MTU ${own}, and ${link} to the router has ${most}: large packets are lost where ICMPv6 is filtered`;
        return [error(text, `ip link set dev ${pod} mtu ${most}`)];
      });
    });
  },
};

export const linkChecks: readonly Check[] = [interfacesUp, linkLocal, route, hops, mtu];
