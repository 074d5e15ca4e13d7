import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from './support/child.js';
import { brokenLinks } from './support/links.js';
import { root } from './support/repository.js';
import { Workshop } from './support/workshop.js';

let workshop: Workshop;
let files: string[];

beforeAll(async () => {
  workshop = await Workshop.open();
  files = workshop.tarball.files.map(({ path }) => path).sort();
});

afterAll(() => workshop.close());

describe('The tarball', () => {
  test('carries what is built and written for its users, and nothing else', () => {
    expect(files.filter((file) => !file.startsWith('docs/') && !file.startsWith('dist/'))).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'LICENSE',
      'PROTOCOL.md',
      'README.md',
      'README.zh-CN.md',
      'SECURITY.md',
      'package.json',
    ]);
  });

  test('has one file of code and one of declarations for each entry point and module system, and the program', () => {
    const reminder = 'dist/install-@nestjs-platform-socket.io-and-@nestjs-websockets';

    expect(files.filter((file) => file.startsWith('dist/'))).toEqual([
      'dist/client/index.cjs',
      'dist/client/index.d.cts',
      'dist/client/index.d.ts',
      'dist/client/index.js',
      'dist/client/index.js.map',
      'dist/front-ends/react/index.cjs',
      'dist/front-ends/react/index.d.cts',
      'dist/front-ends/react/index.d.ts',
      'dist/front-ends/react/index.js',
      'dist/front-ends/react/index.js.map',
      'dist/front-ends/tanstack-db/index.cjs',
      'dist/front-ends/tanstack-db/index.d.cts',
      'dist/front-ends/tanstack-db/index.d.ts',
      'dist/front-ends/tanstack-db/index.js',
      'dist/front-ends/tanstack-db/index.js.map',
      'dist/front-ends/tanstack-query/index.cjs',
      'dist/front-ends/tanstack-query/index.d.cts',
      'dist/front-ends/tanstack-query/index.d.ts',
      'dist/front-ends/tanstack-query/index.js',
      'dist/front-ends/tanstack-query/index.js.map',
      'dist/front-ends/vue/index.cjs',
      'dist/front-ends/vue/index.d.cts',
      'dist/front-ends/vue/index.d.ts',
      'dist/front-ends/vue/index.js',
      'dist/front-ends/vue/index.js.map',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/index.js.map',
      `${reminder}.cjs`,
      `${reminder}.js`,
      ...['asyncapi', 'swagger'].flatMap((document) =>
        ['cjs', 'd.cts', 'd.ts', 'js', 'js.map'].map((extension) => `dist/module/documents/${document}.${extension}`),
      ),
      'dist/module/documents/types/bin.js',
      'dist/module/documents/types/bin.js.map',
      'dist/server/cluster/engines/node-cluster.cjs',
      'dist/server/cluster/engines/node-cluster.d.cts',
      'dist/server/cluster/engines/node-cluster.d.ts',
      'dist/server/cluster/engines/node-cluster.js',
      'dist/server/cluster/engines/node-cluster.js.map',
      'dist/server/cluster/engines/postgres.cjs',
      'dist/server/cluster/engines/postgres.d.cts',
      'dist/server/cluster/engines/postgres.d.ts',
      'dist/server/cluster/engines/postgres.js',
      'dist/server/cluster/engines/postgres.js.map',
      'dist/server/cluster/engines/redis.cjs',
      'dist/server/cluster/engines/redis.d.cts',
      'dist/server/cluster/engines/redis.d.ts',
      'dist/server/cluster/engines/redis.js',
      'dist/server/cluster/engines/redis.js.map',
      'dist/server/cluster/health/prometheus.cjs',
      'dist/server/cluster/health/prometheus.d.cts',
      'dist/server/cluster/health/prometheus.d.ts',
      'dist/server/cluster/health/prometheus.js',
      'dist/server/cluster/health/prometheus.js.map',
      'dist/server/cluster/health/terminus.cjs',
      'dist/server/cluster/health/terminus.d.cts',
      'dist/server/cluster/health/terminus.d.ts',
      'dist/server/cluster/health/terminus.js',
      'dist/server/cluster/health/terminus.js.map',
      'dist/transactions/nestjs-cls.cjs',
      'dist/transactions/nestjs-cls.d.cts',
      'dist/transactions/nestjs-cls.d.ts',
      'dist/transactions/nestjs-cls.js',
      'dist/transactions/nestjs-cls.js.map',
      'dist/transactions/typeorm.cjs',
      'dist/transactions/typeorm.d.cts',
      'dist/transactions/typeorm.d.ts',
      'dist/transactions/typeorm.js',
      'dist/transactions/typeorm.js.map',
    ]);
  });

  test('has every page and picture that its pages link to', () => {
    const pages = files.filter((file) => file.endsWith('.md'));

    expect(pages).toContain('docs/testing.md');
    expect(pages.flatMap((page) => brokenLinks(page, (path) => files.includes(path)))).toEqual([]);
  });

  test.each(['dist/index.js.map', 'dist/client/index.js.map'])('shows debuggers the sources: %s', (file) => {
    const shown = sourcesOf(file);

    expect(shown.length).toBeGreaterThan(5);
    for (const { path, text } of shown) expect(text, path).toBe(readFileSync(join(root, path), 'utf8'));
  });

  test.each(['nestjs-cls', 'typeorm'])('has no second copy of what holds publications in %s', (integration) => {
    const sources = sourcesOf(`dist/transactions/${integration}.js.map`).map(({ path }) => path);

    expect(sources.sort()).toEqual(
      [
        'src/transactions/find-instances.ts',
        `src/transactions/${integration}.ts`,
        'src/transactions/override.ts',
      ].sort(),
    );
  });
});

/** The entries of the package, by their files, with what each is made of. */
const ENTRIES: Readonly<Record<string, () => Promise<object>>> = {
  index: () => import('../../src/index.js'),
  'client/index': () => import('../../src/front-ends/client/index.js'),
  'server/cluster/engines/node-cluster': () => import('../../src/server/cluster/engines/node-cluster.js'),
  'server/cluster/engines/postgres': () => import('../../src/server/cluster/engines/postgres.js'),
  'server/cluster/engines/redis': () => import('../../src/server/cluster/engines/redis.js'),
  'transactions/nestjs-cls': () => import('../../src/transactions/nestjs-cls.js'),
  'transactions/typeorm': () => import('../../src/transactions/typeorm.js'),
  'server/cluster/health/terminus': () => import('../../src/server/cluster/health/terminus.js'),
  'module/documents/swagger': () => import('../../src/module/documents/swagger.js'),
  'module/documents/asyncapi': () => import('../../src/module/documents/asyncapi.js'),
  'server/cluster/health/prometheus': () => import('../../src/server/cluster/health/prometheus.js'),
  'front-ends/react/index': () => import('../../src/front-ends/react/index.js'),
  'front-ends/tanstack-db/index': () => import('../../src/front-ends/tanstack-db/index.js'),
  'front-ends/tanstack-query/index': () => import('../../src/front-ends/tanstack-query/index.js'),
  'front-ends/vue/index': () => import('../../src/front-ends/vue/index.js'),
};

/** The names of what an entry exports, by the names that it has there. */
const namesOf = (exported: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(exported as Record<string, { name: string }>).map(([key, { name }]) => [key, name]),
  );

describe.each([
  ['The ES module', 'js', 'const load = (file) => import(file);'],
  ['The CommonJS build', 'cjs', 'const load = createRequire(import.meta.url);'],
])('%s', (_name, extension, load) => {
  let built: Record<string, object>;

  beforeAll(async () => {
    // One process for all of them: to start one for each costs many times as much.
    const program = `
      import { createRequire } from 'node:module';
      ${load}
      const built = {};
      for (const entry of ${JSON.stringify(Object.keys(ENTRIES))}) {
        const all = Object.entries(await load('./dist/' + entry + '.${extension}'));
        built[entry] = Object.fromEntries(all.map(([key, value]) => [key, value.name]));
      }
      console.log(JSON.stringify(built));`;
    const output = await Child.start(process.execPath, ['--input-type=module', '--eval', program], root).succeeded();
    built = JSON.parse(output) as Record<string, object>;
  });

  test.each(Object.entries(ENTRIES))(
    'of %s exports what the source does, under the same names',
    async (entry, source) => {
      expect(built[entry]).toEqual(namesOf(await source()));
    },
  );
});

/** The files of ours that a built one was made of, with the text that debuggers show of them. */
function sourcesOf(map: string): { path: string; text: string | undefined }[] {
  const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, map), 'utf8')) as SourceMap;
  return sources
    .map((source, index) => ({ path: join(dirname(map), source), text: sourcesContent[index] }))
    .filter(({ path }) => !path.startsWith('node_modules'));
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}
