#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=16 --no-parallel-scavenge
import { exitCode } from './exit.ts';
import { execute } from './program.ts';

// Node's threads ask for memory while they compile, and an arena of glibc's for each of them would keep 10 MB. A scavenge every five hundred
// requests is seldom enough, and one thread is enough for it: what lives through it is a few kilobytes, less than it takes to wake the others.

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `herald routes | head` is no failure.
  process.exit(error.code === 'EPIPE' ? exitCode.ok : exitCode.failed);
});

process.exitCode = await execute(process.argv.slice(2));
