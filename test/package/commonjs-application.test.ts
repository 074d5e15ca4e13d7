import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from './support/repository.js';
import { messageOfNewUser } from './support/running-users.js';
import { snippetsOf } from './support/snippets.js';
import { type Project, Workshop } from './support/workshop.js';

let workshop: Workshop;
let app: Project;

beforeAll(async () => {
  workshop = await Workshop.open();
  app = await workshop.install('nest-11-commonjs');
  await app.write('src/readme/app.module.ts', snippetWith('README.md', 'class AppModule'));
  await app.write('src/readme/app.spec.ts', specOf(snippetWith('docs/testing.md', 'beforeEach(')));
  const config = jsonWith('"ts-jest"');
  await app.write('ts-jest.json', config);
  await app.write(
    'swc.json',
    config.replace(/"transform": .*\},/, () => `${transformOfSwc()},`),
  );
  await app.write('.swcrc', jsonWith('"jsc"'));
});

afterAll(() => workshop.close());

const testing = readFileSync(join(root, 'docs/testing.md'), 'utf8');

/** `@nestjs/schematics` 10 and 11.0 wrote the first; those of today write the last. */
const node10 = ['--module', 'commonjs', '--moduleResolution', 'node10'];
const node16 = ['--module', 'node16', '--moduleResolution', 'node16'];
const nodenext = ['--module', 'nodenext', '--moduleResolution', 'nodenext', '--esModuleInterop', '--isolatedModules'];

describe('A CommonJS application on Nest 11', () => {
  // Every resolution with the oldest compiler, the one of today and the newest.
  describe.each([
    ['TypeScript 5.6', 'typescript-5.6', { node10, node16, nodenext }],
    ['TypeScript 5.7', 'typescript-5.7', { nodenext }],
    ['TypeScript 5.8', 'typescript-5.8', { nodenext }],
    ['TypeScript 5.9', 'typescript', { node10, node16, nodenext }],
    ['TypeScript 6.0', 'typescript-6.0', { node10: [...node10, '--ignoreDeprecations', '6.0'], nodenext }],
    ['TypeScript 7.0', 'typescript-7.0', { bundler: ['--module', 'commonjs'], node16, nodenext }],
  ])('compiles with %s', (_name, compiler, resolutions) => {
    test.each(Object.entries(resolutions))('where the module resolution is %s', async (_resolution, options) => {
      expect(await app.run(`node_modules/${compiler}/bin/tsc`, '--noEmit', ...options)).toBe('');
    });
  });

  test('compiles, declarations of the library included', async () => {
    expect(await app.run('node_modules/typescript/bin/tsc', '--skipLibCheck', 'false')).toBe('');
  });

  describe.each([
    ['Jest 29', 'node_modules/jest-29/bin/jest.js'],
    ['Jest 30', 'node_modules/jest/bin/jest.js'],
  ])('is tested by %s', (_name, program) => {
    test.each([
      ['ts-jest', 'ts-jest.json'],
      ['@swc/jest', 'swc.json'],
    ])('with %s, as docs/testing.md configures it', async (_transformer, config) => {
      const output = await app.run(program, '--config', config, '--runInBand');

      expect(output).toMatch(/Tests: +3 passed, 3 total/);
      // What the application leaves open is told here.
      expect(output).not.toMatch(/did not exit/);
    });
  });

  test('has its types written by the program that npm has installed', async () => {
    await app.run('node_modules/.bin/nestjs-sockets', 'types', 'dist/app.module.js', '--out', 'web/api.ts');

    const written = await readFile(join(app.folder, 'web/api.ts'), 'utf8');
    expect(written).toContain(`import type { UsersController } from '../src/users.controller.js';`);
    expect(written).toContain(`'POST /users': UsersController['create'];`);
    expect(written).toContain(`user: One<BodyOf<Api, 'POST', '/users'>>;`);
  });

  test('runs, and tells a watcher what was created by a POST', async () => {
    const { message, output } = await messageOfNewUser(app);

    expect(message).toEqual({ verb: 'created', id: 1, data: { id: 1, name: 'ada' } });
    expect(output).not.toMatch(/warn|error/i);
  });

  test('has one copy of the package, whether it is required or imported', async () => {
    await app.write(
      'copies.cjs',
      `require('reflect-metadata');
       const entries = ['', '/client', '/nestjs-cls', '/typeorm', '/node-cluster', '/postgres', '/redis'].map(
         (entry) => 'nestjs-sockets' + entry,
       );
       const all = (load) => Promise.all(entries.map(load));
       void Promise.all([all(require), all((name) => import(name))]).then(([required, imported]) => {
         const pairs = required.flatMap((module, index) =>
           Object.keys(module).map((name) => [module, imported[index], name]),
         );
         console.log(pairs.length > 50, pairs.filter(([one, other, name]) => one[name] !== other[name]));
       });`,
    );

    expect(await app.run('copies.cjs')).toBe('true []\n');
  });
});

/** The error of Node names the file that asks for the peer, which says what to install. */
const NO_PEER = new RegExp(
  String.raw`Cannot find package '@nestjs/platform-socket\.io' imported from ` +
    String.raw`.*install-@nestjs-platform-socket\.io-and-@nestjs-websockets\.js`,
);

describe('A server that lacks a peer', () => {
  let lacking: Project;

  beforeAll(async () => {
    lacking = await workshop.project('lacking');
    for (const name of ['@nestjs/common', '@nestjs/core', 'rxjs', 'reflect-metadata']) await lacking.borrow(app, name);
    await lacking.copy(app, 'nestjs-sockets');
  });

  test('is told which to install when it imports the package', async () => {
    await expect(lacking.run('--input-type=module', '--eval', `import 'nestjs-sockets';`)).rejects.toThrow(NO_PEER);
  });

  test('is told which to install when it requires the package', async () => {
    await expect(lacking.run('--eval', `require('nestjs-sockets');`)).rejects.toThrow(NO_PEER);
  });

  test('is told which to install by the CommonJS build', async () => {
    const program = `require('reflect-metadata'); require('nestjs-sockets');`;

    await expect(lacking.run('--no-experimental-require-module', '--eval', program)).rejects.toThrow(
      'a server needs @nestjs/platform-socket.io and @nestjs/websockets. ' +
        'npm install @nestjs/platform-socket.io @nestjs/websockets',
    );
  });
});

/** The block of JSON in docs/testing.md that has this in it. */
function jsonWith(text: string): string {
  const blocks = [...testing.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => json);
  const [found, ...more] = blocks.filter((json) => json.includes(text));
  if (found === undefined || more.length > 0) throw new Error(`docs/testing.md must have one block with ${text}`);
  return found;
}

/** What that page puts in place of the line for ts-jest. */
function transformOfSwc(): string {
  const line = /`("transform": .*@swc\/jest.*)`/.exec(testing)?.[1];
  if (line === undefined) throw new Error('docs/testing.md must say how @swc/jest is configured');
  return line;
}

function snippetWith(file: string, text: string): string {
  const [found, ...more] = snippetsOf(file).filter(({ code }) => code.some((line) => line.includes(text)));
  if (!found || more.length > 0) throw new Error(`${file} must have one snippet with "${text}"`);
  return found.code.join('\n');
}

/**
 * What the snippet says in comments of its imports: Jest's functions are global; the application's module is imported.
 */
function specOf(snippet: string): string {
  const vitest = /^import .* from 'vitest';.*\n/m;
  const module = /^\/\/ (import \{ AppModule \} from )'.*';$/m;
  if (!vitest.test(snippet) || !module.test(snippet)) throw new Error('The snippet has other imports');
  return snippet.replace(vitest, '').replace(module, `$1'./app.module';`);
}
