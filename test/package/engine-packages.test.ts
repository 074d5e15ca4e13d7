import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

/** What every application has. */
const COMMON = [
  ...['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-socket.io', '@nestjs/websockets'],
  ...['reflect-metadata', 'rxjs', 'socket.io'],
];

/** Says by which error the application does not start. */
const PROGRAM = `
  import 'reflect-metadata';
  import { NestFactory } from '@nestjs/core';
  import { SocketsModule } from 'nestjs-sockets';

  const [, , entry, name, options] = process.argv;
  const integration = (await import('nestjs-sockets/' + entry))[name];
  const port = { url: 'redis://127.0.0.1:1', connectTimeout: 1 };
  const pool = { connect() {}, query() {}, on() {}, off() {} };
  const given = name === 'redis' ? { ...port, ...JSON.parse(options) } : name === 'postgres' ? { pool } : undefined;
  try {
    const cluster = integration(given);
    await NestFactory.create(SocketsModule.forRoot({ cluster }), { logger: false, abortOnError: false });
    console.log('It has started.');
  } catch (error) {
    console.log(error.code + ' ' + error.message);
  }
`;

let folder: string;

beforeAll(async () => {
  requireBuild();
  folder = await mkdtemp(join(tmpdir(), 'nestjs-sockets-engines-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Installed: the real package, or one of a version that holds nothing, or what there is nowhere ("incomplete"). */
type Installed = Record<string, 'real' | 'incomplete' | `${number}.${number}.${number}`>;

async function outcome(args: readonly string[], installed: Installed): Promise<string> {
  const project = await mkdtemp(join(folder, 'application-'));
  const at = (name: string): string => join(project, 'node_modules', name);
  for (const file of ['package.json', 'dist']) {
    await cp(join(root, file), join(at('nestjs-sockets'), file), { recursive: true });
  }
  const real = Object.keys(installed).filter((name) => installed[name] === 'real');
  for (const name of [...COMMON, ...real]) {
    await mkdir(dirname(at(name)), { recursive: true });
    await symlink(join(root, 'node_modules', name), at(name));
  }
  for (const [name, version] of Object.entries(installed)) {
    if (version === 'real') continue;
    await mkdir(at(name), { recursive: true });
    await writeFile(join(at(name), 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    await writeFile(join(at(name), 'index.js'), version === 'incomplete' ? "require('is-nowhere')" : '');
  }
  await writeFile(join(project, 'main.mjs'), PROGRAM);
  return Child.start(process.execPath, ['main.mjs', ...args], project).succeeded();
}

const REDIS = ['redis', 'redis', '{}'];
const STREAMS = ['redis', 'redis', '{"mode":"streams"}'];
const POSTGRES = ['postgres', 'postgres', '{}'];
const PRIMARY = ['node-cluster', 'setupPrimary', '{}'];
const needs = (who: string, name: string, minimum: string, installed?: string): string =>
  `MISSING_PACKAGE ${who} needs the package ${name}, ${minimum} or later, ` +
  `${installed ? `but ${installed} is installed` : 'which is not installed'}. npm install ${name}@^${minimum}\n`;
const adapter = { '@socket.io/redis-adapter': 'real' } as const;

describe('What joins servers names the package that it needs', () => {
  test.for<[what: string, args: string[], installed: Installed, error: string]>([
    ['no adapter', REDIS, { redis: 'real' }, needs('redis()', '@socket.io/redis-adapter', '8.3.0')],
    [
      'an old adapter',
      REDIS,
      { redis: 'real', '@socket.io/redis-adapter': '8.2.9' },
      needs('redis()', '@socket.io/redis-adapter', '8.3.0', '8.2.9'),
    ],
    ['no client', REDIS, adapter, needs('redis()', 'redis', '5.0.0')],
    ['an old client', REDIS, { ...adapter, redis: '4.7.1' }, needs('redis()', 'redis', '5.0.0', '4.7.1')],
    [
      'an old client of another package',
      REDIS,
      { ...adapter, ioredis: '4.28.5' },
      needs('redis()', 'ioredis', '5.3.0', '4.28.5'),
    ],
    [
      'no adapter of streams',
      STREAMS,
      { ...adapter, redis: 'real' },
      needs('redis()', '@socket.io/redis-streams-adapter', '0.3.0'),
    ],
    [
      'an old adapter of streams',
      STREAMS,
      { redis: 'real', '@socket.io/redis-streams-adapter': '0.2.1' },
      needs('redis()', '@socket.io/redis-streams-adapter', '0.3.0', '0.2.1'),
    ],
    ['no adapter of Postgres', POSTGRES, {}, needs('postgres()', '@socket.io/postgres-adapter', '0.5.0')],
    [
      'an old adapter of Postgres',
      POSTGRES,
      { '@socket.io/postgres-adapter': '0.4.0' },
      needs('postgres()', '@socket.io/postgres-adapter', '0.5.0', '0.4.0'),
    ],
    ['no adapter of Node', PRIMARY, {}, needs('setupPrimary()', '@socket.io/cluster-adapter', '0.3.0')],
    [
      'an old adapter of Node',
      PRIMARY,
      { '@socket.io/cluster-adapter': '0.2.2' },
      needs('setupPrimary()', '@socket.io/cluster-adapter', '0.3.0', '0.2.2'),
    ],
  ])('where there is %s', async ([, args, installed, error]) => {
    expect(await outcome(args, installed)).toBe(error);
  });

  test('and no package that is there, but lacks what it needs itself', async () => {
    expect(await outcome(REDIS, { ...adapter, redis: 'incomplete' })).toMatch(
      /^MODULE_NOT_FOUND Cannot find module 'is-nowhere'/,
    );
  });

  test('and takes the one that is new enough, beside one that is not', async () => {
    const installed = { ...adapter, redis: '4.7.1', ioredis: 'real' } as const;

    expect(await outcome(REDIS, installed)).toMatch(/^CLUSTER_UNAVAILABLE .*redis\(\)/);
  });
});
