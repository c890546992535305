/** Addresses in `rack.clab.yml`. */
export const rack = {
  asn: 65000,
  client: '2001:db8:c::2',
  vip: '2001:db8:1:1::80',
  worker1: {
    asn: 65001,
    address: '2001:db8:0:1::a',
    tor: '2001:db8:0:1::1',
    pods: '2001:db8:a:1::/64',
    pod: '2001:db8:a:1::80',
    pods4: '10.244.1.0/24',
    pod4: '10.244.1.80',
  },
  worker2: {
    asn: 65002,
    address: '2001:db8:0:2::a',
    tor: '2001:db8:0:2::1',
    pods: '2001:db8:a:2::/64',
    pod: '2001:db8:a:2::80',
    pods4: '10.244.2.0/24',
    pod4: '10.244.2.80',
  },
} as const;

export const workers = [rack.worker1, rack.worker2] as const;
