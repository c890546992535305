import { deviceOf, error, prefixesOf, sysctlOf, warning } from './links.ts';
import type { Check, Problem } from './types.ts';

const forwarding: Check = {
  name: 'forwarding',
  find(subject) {
    const prefixes = prefixesOf(subject);
    const { controlPlane, instances } = subject.config;
    // Whoever has no configuration yet will announce pods.
    const hasIPv6 = controlPlane !== undefined || instances.length === 0 || prefixes.some(({ isIPv6 }) => isIPv6);
    const hasIPv4 = prefixes.some(({ isIPv4 }) => isIPv4);
    if (!hasIPv6 && !hasIPv4) return undefined;
    const off = (name: string, family: string): Problem[] =>
      subject.system.sysctl(name) === '0'
        ? [error(`the kernel does not forward ${family}: pods are not reached`, `sysctl -w ${name}=1`)]
        : [];
    return [
      ...(hasIPv6 ? off('net.ipv6.conf.all.forwarding', 'IPv6') : []),
      ...(hasIPv4 ? off('net.ipv4.ip_forward', 'IPv4') : []),
    ];
  },
};

const routerAdvertisements: Check = {
  name: 'router advertisements',
  find({ neighbors, system }) {
    const ours = neighbors.filter(({ address }) => address.isIPv6);
    const devices = [...new Set(ours.flatMap((neighbor) => deviceOf(neighbor, system) ?? []))];
    if (devices.length === 0 || system.sysctl('net.ipv6.conf.all.forwarding') !== '1') return undefined;
    const hasDefault = system.machine.defaultRoutes.some(({ family }) => family === 'ipv6');
    return devices
      .filter((device) => system.sysctl(sysctlOf(device, 'accept_ra')) === '1')
      .map((device) => {
        const text = `interface ${device} takes no router advertisements while the kernel forwards (accept_ra is 1)`;
        const fix = `sysctl -w ${sysctlOf(device, 'accept_ra')}=2`;
        return hasDefault ? warning(text, fix) : error(`${text}, and there is no IPv6 default route`, fix);
      });
  },
};

const vips: Check = {
  name: 'VIPs are local',
  find(subject) {
    const hosts = prefixesOf(subject).filter(({ length, isIPv4 }) => length === (isIPv4 ? 32 : 128));
    if (hosts.length === 0) return undefined;
    return hosts
      .filter((host) => !subject.system.addresses.some(({ address }) => host.contains(address)))
      .map((host) =>
        warning(
          `${host} is announced, and no interface has it: unless kube-proxy or eBPF takes its traffic, nobody does`,
          `ip addr add ${host} dev lo`,
        ),
      );
  },
};

const ndpProxy: Check = {
  name: 'no NDP proxy',
  find({ neighbors, system }) {
    const devices = [...new Set(neighbors.flatMap((neighbor) => deviceOf(neighbor, system) ?? []))];
    if (devices.length === 0) return undefined;
    return ['all', ...devices]
      .filter((device) => system.sysctl(sysctlOf(device, 'proxy_ndp')) === '1')
      .map((device) =>
        warning(
          `NDP proxy is on (${device}): the router has routes to the pods, and needs nobody to answer for them`,
          `sysctl -w ${sysctlOf(device, 'proxy_ndp')}=0`,
        ),
      );
  },
};

const clock: Check = {
  name: 'clock',
  find({ system }) {
    if (system.now() >= system.installed) return [];
    const text = `the clock says ${system.now().toISOString()}, before Herald was installed: logs and certificates will mislead`;
    return [warning(text, 'timedatectl set-ntp true')];
  },
};

export const kernelChecks: readonly Check[] = [forwarding, routerAdvertisements, vips, ndpProxy, clock];
