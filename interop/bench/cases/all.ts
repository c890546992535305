import { busy } from './busy.ts';
import { peers, sessions, storm } from './crowd.ts';
import { dump, settled, small } from './dump.ts';
import { failover } from './failover.ts';
import { flap } from './flap.ts';
import { growth } from './growth.ts';
import { inject, injectLarge } from './inject.ts';
import { large } from './large.ts';
import { list, listLarge } from './list.ts';
import { memory } from './memory.ts';
import { receive, receiveLarge } from './receive.ts';
import { services } from './services.ts';
import { sets, setsLarge } from './sets.ts';
import { single } from './single.ts';
import { wire } from './wire.ts';

export const cases = [
  wire,
  small,
  dump,
  settled,
  sets,
  setsLarge,
  large,
  receive,
  receiveLarge,
  inject,
  injectLarge,
  single,
  busy,
  peers,
  storm,
  sessions,
  flap,
  growth,
  services,
  failover,
  list,
  listLarge,
  memory,
];
