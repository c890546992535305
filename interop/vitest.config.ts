import { defineConfig } from 'vitest/config';

// One scenario after another: each is a lab of its own, and most of them measure time.
export default defineConfig({
  test: {
    include: ['interop/**/*.test.ts'],
    globalSetup: ['interop/lab/prepare.ts'],
    fileParallelism: false,
    // Nor does any of them change a module: to load all of them again for each takes longer than some scenarios.
    isolate: false,
    // Only ends what hangs: all that is waited for has a limit of its own.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
