import { Worker } from 'node:worker_threads';
import { BfdThread } from './thread.ts';

/** BFD of this machine. */
export function systemBfd(): BfdThread {
  return new BfdThread(() => new Worker(new URL('./worker.js', import.meta.url)));
}
