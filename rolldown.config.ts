import { defineConfig } from 'rolldown';

// Node looks for each module of each package and compiles it by itself, which was half of the time that the daemon took to start.
export default defineConfig({
  input: ['src/index.ts', 'src/cli/main.ts', 'src/link/bfd/worker.ts'],
  platform: 'node',
  // Native code is beside it.
  external: ['lmdb'],
  // One folder, for the worker is found beside whoever starts it.
  output: { dir: 'dist', chunkFileNames: '[name].js' },
});
