import { dump } from './dump.ts';
import { memory } from './memory.ts';
import { receive } from './receive.ts';
import { single } from './single.ts';
import { wire } from './wire.ts';

export const cases = [wire, dump, receive, single, memory];
