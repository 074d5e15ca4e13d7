import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOfNewUser } from './support/running-users.js';
import { type Project, Workshop } from './support/workshop.js';

let workshop: Workshop;
let app: Project;

beforeAll(async () => {
  workshop = await Workshop.open();
  app = await workshop.install('nest-12-esm');
});

afterAll(() => workshop.close());

describe('An application of ES modules on Nest 12', () => {
  test('gets no second copy of Socket.IO, and not its client', async () => {
    const packages = await app.packages();

    expect(packages.filter((name) => name.endsWith('socket.io'))).toEqual(['@nestjs/platform-socket.io', 'socket.io']);
    expect(packages.filter((name) => name.endsWith('socket.io-client'))).toEqual([]);
  });

  test('compiles, declarations of the library included', async () => {
    expect(await app.run('node_modules/typescript/bin/tsc')).toBe('');
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

  test('has one copy of the package, whether it is imported or required', async () => {
    const program = `
      import 'reflect-metadata';
      import * as imported from 'nestjs-sockets';
      import { createRequire } from 'node:module';
      const required = createRequire(import.meta.url)('nestjs-sockets');
      console.log(Object.keys(imported).filter((name) => imported[name] !== required[name]));`;
    await app.write('copies.mjs', program);

    expect(await app.run('copies.mjs')).toBe('[]\n');
  });
});
