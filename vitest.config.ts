import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';
import { NAMED_TESTS, NamedTestsReporter } from './test/faults/support/named-tests.reporter.js';

const nest11 = createRequire(new URL('test/nest-11/package.json', import.meta.url));

/** Sends every import of Nest, from the tests and from the library's sources, to the Nest 11 set. */
const onNest11: Plugin = {
  name: 'nest-11',
  enforce: 'pre',
  resolveId: (source) => (/^(@nestjs|@nestjs-cls|nestjs-cls)(\/|$)/.test(source) ? nest11.resolve(source) : null),
};

/** Enough on a machine that is ten times as busy as it should be. */
const patience = (milliseconds: number) => ({
  testTimeout: milliseconds,
  hookTimeout: milliseconds,
  expect: { poll: { timeout: 60_000 } },
});

/**
 * The behaviour suite, once for each major of Nest on each of its HTTP platforms. The same files run in every cell, and
 * share a process as applications may.
 */
const cells = ([12, 11] as const).flatMap((nest) =>
  (['Express', 'Fastify'] as const).map((platform) => ({
    plugins: nest === 11 ? [onNest11] : [],
    test: {
      name: `${nest}-${platform.toLowerCase()}`,
      provide: { nest, platform },
      include: ['test/behaviour/**/*.test.ts'],
      globalSetup: 'test/support/child-programs.ts',
      setupFiles: ['reflect-metadata'],
      ...patience(120_000),
      isolate: false,
    },
  })),
);

/** Whether `npm run test:faults` asks for the full fault suite. */
const full = ['full', 'write'].includes(process.env.FAULTS ?? '');

/** Where the rest is tested, which is no matter of the platform. */
const provide = { nest: 12, platform: 'Express' } as const;

export default defineConfig({
  test: {
    // One more than there are cores, for some tests wait.
    maxWorkers: availableParallelism() + 1,
    reporters: ['default', './test/support/closing-line.reporter.ts', ...(full ? [new NamedTestsReporter()] : [])],
    coverage: { provider: 'v8', include: ['src/**'], thresholds: { lines: 95, functions: 95 } },
    projects: [
      ...cells,
      {
        test: {
          name: 'package',
          provide,
          include: ['test/package/**/*.test.ts'],
          ...patience(900_000),
        },
      },
      {
        test: {
          name: 'sample-app',
          provide,
          include: ['test/sample-app/**/*.test.ts'],
          ...patience(300_000),
        },
      },
      {
        test: {
          name: 'examples',
          provide,
          include: ['test/examples/**/*.test.ts'],
          ...patience(300_000),
        },
      },
      {
        test: {
          name: 'faults',
          provide: { ...provide, full },
          include: ['test/faults/**/*.test.ts', ...(full ? NAMED_TESTS : [])],
          globalSetup: ['test/faults/support/programs.ts', ...(full ? ['test/support/child-programs.ts'] : [])],
          setupFiles: ['reflect-metadata'],
          ...patience(900_000),
          // What it measures is measured alone, after everything else.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
