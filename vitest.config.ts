import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

const nest11 = createRequire(new URL('test/nest-11/package.json', import.meta.url));

/** Sends every import of Nest, from the tests and from the library's sources, to the Nest 11 set. */
const onNest11: Plugin = {
  name: 'nest-11',
  enforce: 'pre',
  resolveId: (source) => (source.startsWith('@nestjs/') ? nest11.resolve(source) : null),
};

/** The behaviour suite; the same files run against both majors of Nest, and share a process as applications may. */
const behaviour = {
  include: ['test/behaviour/**/*.test.ts'],
  setupFiles: ['reflect-metadata'],
  testTimeout: 20_000,
  isolate: false,
};

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.reporter.ts'],
    coverage: { provider: 'v8', include: ['src/**'], thresholds: { lines: 95, functions: 95 } },
    projects: [
      { test: { ...behaviour, name: 'nest-12' } },
      { plugins: [onNest11], test: { ...behaviour, name: 'nest-11' } },
      { test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 } },
      {
        test: {
          name: 'sample-app',
          include: ['test/sample-app/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
