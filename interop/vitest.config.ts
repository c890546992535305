import { defineConfig } from 'vitest/config';

// One scenario after another: each is a lab of its own, and most of them measure time.
export default defineConfig({
  test: {
    include: ['interop/**/*.test.ts'],
    globalSetup: ['interop/lab/prepare.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
