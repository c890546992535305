import { bird, bird2 } from './bird.ts';
import { exabgp } from './exabgp.ts';
import { frr } from './frr.ts';
import { gobgp } from './gobgp.ts';
import { herald } from './herald.ts';
import { openbgpd } from './openbgpd.ts';

/** Those that are compared. */
export const speakers = [herald, bird, bird2, openbgpd, frr, gobgp, exabgp];
