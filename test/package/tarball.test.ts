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

  test('has one file of code and one of declarations for each entry point and module system', () => {
    const reminder = 'dist/install-@nestjs-platform-socket.io-and-@nestjs-websockets';

    expect(files.filter((file) => file.startsWith('dist/'))).toEqual([
      'dist/client/index.cjs',
      'dist/client/index.d.cts',
      'dist/client/index.d.ts',
      'dist/client/index.js',
      'dist/client/index.js.map',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/index.js.map',
      `${reminder}.cjs`,
      `${reminder}.js`,
    ]);
  });

  test('has every page and picture that its pages link to', () => {
    const pages = files.filter((file) => file.endsWith('.md'));

    expect(pages).toContain('docs/testing.md');
    expect(pages.flatMap((page) => brokenLinks(page, (path) => files.includes(path)))).toEqual([]);
  });

  test.each(['dist/index.js.map', 'dist/client/index.js.map'])('shows debuggers the sources: %s', (file) => {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, file), 'utf8')) as SourceMap;
    const shown = sources
      .map((source, index) => ({ path: join(dirname(file), source), text: sourcesContent[index] }))
      .filter(({ path }) => !path.startsWith('node_modules'));

    expect(shown.length).toBeGreaterThan(5);
    for (const { path, text } of shown) expect(text, path).toBe(readFileSync(join(root, path), 'utf8'));
  });
});

describe.each([
  ['The ES module', 'js', 'const load = (file) => import(file);'],
  ['The CommonJS build', 'cjs', 'const load = createRequire(import.meta.url);'],
])('%s', (_name, extension, load) => {
  test.each([
    ['index', () => import('../../src/index.js')],
    ['client/index', () => import('../../src/client/index.js')],
  ])('of %s exports what the source does, under the same names', async (entry, source) => {
    const program = `
      import { createRequire } from 'node:module';
      ${load}
      const all = await load('./dist/${entry}.${extension}');
      const names = Object.entries(all).map(([key, value]) => [key, value.name]);
      console.log(JSON.stringify(Object.fromEntries(names)));`;

    const names = await Child.start(process.execPath, ['--input-type=module', '--eval', program], root).succeeded();

    const exported = Object.entries((await source()) as Record<string, { name: string }>);
    expect(JSON.parse(names)).toEqual(Object.fromEntries(exported.map(([key, { name }]) => [key, name])));
  });
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}
