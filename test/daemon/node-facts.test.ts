import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { ipv4DefaultRoutes, ipv6DefaultRoutes, nodeFacts, thisMachine } from '../../src/daemon/node-facts.ts';
import { Prefix } from '../../src/ip/prefix.ts';

const isUp = (device: string) => device !== 'eth1';
const text = (routes: ReturnType<typeof ipv4DefaultRoutes>) =>
  routes.map(({ gateway, device, metric, deviceUp }) => `${gateway} ${device} ${metric} ${deviceUp}`);

describe('default routes', () => {
  test('of IPv4', () => {
    const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t0200A8C0\t0003\t0\t0\t50\t00000000\t0\t0\t0
wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
eth0\t00000000\t0300A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0
eth2\t00000000\t0400A8C0\t0203\t0\t0\t0\t00000000\t0\t0\t0
`;
    expect(text(ipv4DefaultRoutes(table, isUp))).toEqual([
      '192.168.0.1 eth0 100 true',
      '192.168.0.2 eth1 50 false',
      'undefined wg0 0 true',
    ]);
  });

  test('of IPv6', () => {
    const zero = '0'.repeat(32);
    const table = `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
20010db8000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0
${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo
`;
    expect(text(ipv6DefaultRoutes(table, isUp))).toEqual(['fe80::1 eth0 1024 true']);
  });

  test('are none where there is no table', () => {
    expect(ipv4DefaultRoutes('', isUp)).toEqual([]);
    expect(ipv6DefaultRoutes('', isUp)).toEqual([]);
  });
});

describe('the facts of a node', () => {
  test('are this machine’s', () => {
    const loopback = thisMachine().interfaces.find(({ name }) => name === 'lo');
    expect(loopback).toMatchObject({ adminUp: true });
    expect(loopback?.addresses.map(String)).toContain('127.0.0.1');
  });

  test('have defaults', () => {
    expect(nodeFacts({}, { interfaces: [], defaultRoutes: [] }, { md5: false }, false)).toMatchObject({
      name: hostname(),
      labels: { 'kubernetes.io/hostname': hostname(), 'kubernetes.io/os': 'linux' },
      ipam: 'cluster-pool',
      routerId: { mode: 'default' },
      secretsNamespace: 'kube-system',
      services: { ready: false, announceWithoutEndpoints: true, legacyOrigin: false },
    });
  });

  test('are as configured', () => {
    const ipPool = Prefix.parse('10.0.0.0/24');
    const config = {
      nodeName: 'n',
      nodeLabels: { rack: '1', 'kubernetes.io/os': 'other' },
      routerIDAllocation: { mode: 'ip-pool', ipPool },
      ipam: 'multi-pool',
    } as const;
    expect(nodeFacts(config, { interfaces: [], defaultRoutes: [] }, { md5: true }, true)).toMatchObject({
      name: 'n',
      labels: { rack: '1', 'kubernetes.io/os': 'other', 'kubernetes.io/hostname': 'n' },
      ipam: 'multi-pool',
      routerId: { mode: 'ip-pool', pool: ipPool },
      services: { ready: true },
    });
  });
});
