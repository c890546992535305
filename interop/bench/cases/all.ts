import { dump } from './dump.ts';
import { inject } from './inject.ts';
import { list } from './list.ts';
import { memory } from './memory.ts';
import { receive } from './receive.ts';
import { single } from './single.ts';
import { wire } from './wire.ts';

export const cases = [wire, dump, receive, inject, single, list, memory];
