import { peers, sessions, storm } from './crowd.ts';
import { dump } from './dump.ts';
import { failover } from './failover.ts';
import { inject } from './inject.ts';
import { list } from './list.ts';
import { memory } from './memory.ts';
import { receive } from './receive.ts';
import { services } from './services.ts';
import { single } from './single.ts';
import { wire } from './wire.ts';

export const cases = [wire, dump, receive, inject, single, peers, storm, sessions, services, failover, list, memory];
