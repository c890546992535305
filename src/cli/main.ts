#!/usr/bin/env -S node --max-semi-space-size=4 --no-parallel-scavenge
import { exitCode } from './exit.ts';
import { execute } from './program.ts';

// With 16 MB, the default, loading the program alone makes the young generation take 20 MB, and for good. What lives
// through a scavenge is a few kilobytes: to wake other threads for that takes as long as the scavenge itself, while a request waits.

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `herald routes | head` is no failure.
  process.exit(error.code === 'EPIPE' ? exitCode.ok : exitCode.failed);
});

process.exitCode = await execute(process.argv.slice(2));
