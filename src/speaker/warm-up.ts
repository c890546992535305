import { Address } from '../ip/address.ts';
import { PolicyChain } from '../policy/chain.ts';
import { AttributeStore } from '../rib/attribute-store.ts';
import { ipv6Unicast } from '../wire/family.ts';
import type { Treatment } from './export.ts';
import { FamilyRib } from './family-rib.ts';
import { acquireSet } from './sets.ts';

const PREFIXES = 5_000;
const ROUNDS = 8;

/**
 * Fills a table of its own and dumps it to nobody, step by step: V8 compiles a path only after it ran for a while, and the first router that
 * comes up would wait for that. Each step is a few milliseconds; run them while there is nothing else to do.
 */
export function* warmUp(): Generator<void> {
  const store = new AttributeStore();
  const rib = new FamilyRib(ipv6Unicast, store);
  const bytes = new Uint8Array(9 * PREFIXES);
  for (let i = 0; i < PREFIXES; i++) bytes.set([64, 0x20, 0x01, 0x0d, 0xb8, 0, i >> 16, i >> 8, i], 9 * i);
  rib.add(
    { family: ipv6Unicast, addPath: false, bytes },
    acquireSet(store, { origin: 'igp', asPath: [] }, undefined),
    'api',
    0,
  );
  rib.flush();
  const address = Address.parse('2001:db8::1');
  const treatment: Treatment = {
    external: true,
    localAsn: 65001,
    fourOctetAs: true,
    maxMessage: 4096,
    extendedNextHop: false,
    addPath: false,
    self: { ipv4: undefined, ipv6: { kind: 'single', address } },
    policy: new PolicyChain([], 'accept'),
    drain: undefined,
    role: undefined,
  };
  for (let round = 0; round < ROUNDS; round++) {
    yield;
    const outbound = rib.outbound(treatment);
    const nobody = { send: () => true };
    outbound.group.join(nobody, nobody.send);
    outbound.group.leave(nobody);
    rib.drop(outbound);
  }
}
