import type * as proto from '../../gen/herald/v1/types.ts';
import { DrainPhase } from '../../gen/herald/v1/types.ts';
import type { DrainState } from '../../speaker/drain.ts';
import type { BgpGlobal } from '../../speaker/types.ts';
import type { Instance } from '../instances.ts';

export function fromInstance({ name, router, lab, startedAt }: Instance): proto.BgpInstance {
  return { name, global: fromGlobal(router.global), lab, startedAt, drain: fromDrain(router.drainState) };
}

const drainPhases = { draining: DrainPhase.DRAINING, drained: DrainPhase.DRAINED } as const;

export function fromDrain(drain: DrainState | undefined): proto.Drain | undefined {
  return drain && { ...drain, phase: drainPhases[drain.phase] };
}

function fromGlobal({ asn, routerId, listenPort, listenAddresses = [] }: BgpGlobal): proto.BgpGlobal {
  const global = { asn, routerId, listenAddresses: listenAddresses.map(String) };
  return listenPort < 0 ? global : { ...global, listenPort };
}
