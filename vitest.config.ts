import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
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

/** What every project gives that runs the behaviour suite, or some of it. */
const behaviour = {
  globalSetup: ['test/support/child-programs.ts', 'test/support/engines/bus-program.setup.ts'],
  setupFiles: ['reflect-metadata'],
  ...patience(120_000),
  isolate: false,
};

/** What is tried of single engines, rather than on any: no part of it is another one on another platform. */
const OF_SINGLE_ENGINES = 'test/behaviour/cluster/{failed-boots,guard,node-cluster,postgres,redis}/**';

const cell = (nest: 11 | 12, platform: 'Express' | 'Fastify') => ({
  plugins: nest === 11 ? [onNest11] : [],
  test: {
    name: `${nest}-${platform.toLowerCase()}`,
    provide: { nest, platform, engine: 'redis' as const },
    include: ['test/behaviour/**/*.test.ts'],
    exclude: platform === 'Fastify' ? [OF_SINGLE_ENGINES] : [],
    ...behaviour,
  },
});

/**
 * The behaviour suite, once for each major of Nest on each of its HTTP platforms. The same files run in every cell, and
 * share a process as applications may. Only single engines are tried once for each major.
 */
const cells = ([12, 11] as const).flatMap((nest) => [cell(nest, 'Express'), cell(nest, 'Fastify')]);

/** The files of the behaviour suite that start two servers. */
const ofClusters = readdirSync('test/behaviour', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/behaviour/${file}`)
  .filter((file) => readFileSync(file, 'utf8').includes('/support/cluster.js'));

/**
 * The same files, once for each of what joins servers: by node-redis, cells do. One server is on Express, and the other
 * one on Fastify. By ioredis, which speaks to the same program as node-redis does, they are on Nest 11.
 */
const engines = (['ioredis', 'sharded', 'streams', 'postgres', 'node-cluster'] as const).map((engine) => {
  const nest: 11 | 12 = engine === 'ioredis' ? 11 : 12;
  return {
    plugins: nest === 11 ? [onNest11] : [],
    test: {
      name: `engine-${engine}`,
      provide: { nest, platform: 'Express' as const, engine },
      include: ofClusters,
      ...behaviour,
    },
  };
});

const onFastifyOfNest11 = cell(11, 'Fastify');

/**
 * What `npm test` leaves out of the second cell, since platforms and majors of Nest have hardly a part in it: the
 * client, what is read of connections and how what is sent waits for slow ones, and where what was published goes. With
 * `CI_FULL=1`, it is run in all cells.
 */
const OF_NO_PLATFORM = [
  'test/behaviour/client/**',
  'test/behaviour/server/{inbound,outbound}/**',
  'test/behaviour/resources/{convergence,keys,overload,positions,relations,slices,subscriptions}/**',
  'test/behaviour/rooms/{presence,relay,revocation}/**',
];

/**
 * What `npm test` runs beside `12-express` and the engines: all but what they show as well. Clusters are on both
 * platforms in any project.
 */
const secondCell = {
  ...onFastifyOfNest11,
  test: {
    ...onFastifyOfNest11.test,
    name: 'second-cell',
    exclude: [OF_SINGLE_ENGINES, ...ofClusters, ...OF_NO_PLATFORM],
  },
};

/** Whether `npm run test:faults` asks for the full fault suite. */
const full = ['full', 'write'].includes(process.env.FAULTS ?? '');

/** Where the rest is tested, which is no matter of the platform. */
const provide = { nest: 12, platform: 'Express', engine: 'redis' } as const;

/** Hostile and broken clients, failing connections and servers. */
const faults = {
  provide: { ...provide, full },
  globalSetup: ['test/faults/support/programs.ts', ...(full ? behaviour.globalSetup : [])],
  setupFiles: ['reflect-metadata'],
  ...patience(900_000),
};

/** What of it asks how long clients wait. */
const OF_WAITING = 'test/faults/delivery/bus-outages.test.ts';

/** In the short form, what asks only whether messages arrive is tried beside other tests. */
const delivery = {
  test: {
    ...faults,
    name: 'faults-delivery',
    include: ['test/faults/delivery/*.test.ts'],
    exclude: [OF_WAITING],
  },
};

export default defineConfig({
  test: {
    // Projects read what another one has transformed.
    experimental: { fsModuleCache: true },
    // Two more than there are cores, for many tests wait.
    maxWorkers: availableParallelism() + 2,
    reporters: ['default', './test/support/closing-line.reporter.ts', ...(full ? [new NamedTestsReporter()] : [])],
    coverage: { provider: 'v8', include: ['src/**'], thresholds: { lines: 95, functions: 95 } },
    projects: [
      ...cells,
      secondCell,
      ...engines,
      {
        test: {
          name: 'package',
          provide,
          include: ['test/package/**/*.test.ts'],
          isolate: false,
          ...patience(900_000),
        },
      },
      {
        test: {
          name: 'front-ends',
          provide,
          include: ['test/front-ends/**/*.test.ts'],
          setupFiles: ['reflect-metadata', 'test/front-ends/support/page.setup.ts'],
          isolate: false,
          ...patience(120_000),
        },
      },
      {
        test: {
          name: 'sample-app',
          provide,
          include: ['test/sample-app/**/*.test.ts'],
          isolate: false,
          ...patience(300_000),
        },
      },
      {
        test: {
          name: 'examples',
          provide,
          include: ['test/examples/**/*.test.ts'],
          isolate: false,
          ...patience(300_000),
        },
      },
      {
        test: {
          ...faults,
          name: 'faults',
          include: full ? ['test/faults/**/*.test.ts', ...NAMED_TESTS] : ['test/faults/*.test.ts', OF_WAITING],
          // What it measures is measured alone, after everything else.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      ...(full ? [] : [delivery]),
    ],
  },
});
