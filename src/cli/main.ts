#!/usr/bin/env node
import { exitCode } from './exit.ts';
import { execute } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `herald routes | head` is no failure.
  process.exit(error.code === 'EPIPE' ? exitCode.ok : exitCode.failed);
});

process.exitCode = await execute(process.argv.slice(2));
