import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOfNewUser } from './support/running-users.js';
import { type Project, Workshop } from './support/workshop.js';

let workshop: Workshop;
let app: Project;

beforeAll(async () => {
  workshop = await Workshop.open();
  app = await workshop.install('nest-12-fastify');
});

afterAll(() => workshop.close());

describe('An application for which only Fastify is installed', () => {
  test('gets no other platform for HTTP', async () => {
    const platforms = (await app.packages()).filter((name) =>
      /^(?:@nestjs\/platform-[^/]+|express|fastify)$/.test(name),
    );

    expect(platforms).toEqual(['@nestjs/platform-fastify', '@nestjs/platform-socket.io', 'fastify']);
  });

  test('compiles, and has its types written', async () => {
    expect(await app.run('node_modules/typescript/bin/tsc')).toBe('');

    await app.run('node_modules/.bin/nestjs-sockets', 'types', 'dist/app.module.js', '--out', 'web/api.ts');

    const written = await readFile(join(app.folder, 'web/api.ts'), 'utf8');
    expect(written).toContain(`'POST /users': UsersController['create'];`);
    expect(written).toContain(`user: One<BodyOf<Api, 'POST', '/users'>>;`);
  });

  test('runs, and tells a watcher what was created by a POST', async () => {
    const { message, output } = await messageOfNewUser(app);

    expect(message).toEqual({ verb: 'created', id: 1, data: { id: 1, name: 'ada' } });
    expect(output).not.toMatch(/warn|error/i);
  });
});
