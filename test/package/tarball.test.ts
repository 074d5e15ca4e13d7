import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

/** Outside the repository, so that nothing is found there but what the package and the app declare. */
let workshop: string;
let tarball: Packed;

beforeAll(async () => {
  requireBuild();
  workshop = await mkdtemp(join(tmpdir(), 'nestjs-sockets-'));
  tarball = await pack();
});

afterAll(() => rm(workshop, { recursive: true, force: true }));

test('The package carries what is built and written for its users, and nothing else', () => {
  const outside = tarball.files.map(({ path }) => path).filter((path) => !/^(dist|docs)\//.test(path));

  expect(outside.sort()).toEqual([
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

describe.each([
  { kind: 'a Nest 12 app of ECMAScript modules', folder: 'nest-12-esm' },
  { kind: 'a Nest 11 app of CommonJS modules', folder: 'nest-11-commonjs' },
])('The package in $kind', ({ folder }) => {
  let app: string;

  beforeAll(async () => {
    app = join(workshop, folder);
    await cp(join(root, 'test/package/apps', folder), app, { recursive: true });
    // A peer range that excludes the app's Nest is an error, not a warning.
    await npm(['install', '--strict-peer-deps', '--prefer-offline', join(workshop, tarball.filename)], app);
  });

  test('brings no second copy of Socket.IO', async () => {
    const { packages } = JSON.parse(await readFile(join(app, 'node_modules/.package-lock.json'), 'utf8')) as Lockfile;
    const copies = Object.keys(packages).filter((path) => path.endsWith('node_modules/socket.io'));

    expect(copies).toEqual(['node_modules/socket.io']);
  });

  test('compiles, declarations of the library included', async () => {
    expect(await run('node_modules/typescript/bin/tsc', [], app)).toBe('');
  });

  test('tells a watcher what was created by a POST', async () => {
    const server = Child.start(process.execPath, ['dist/main.js'], app);
    let watcher: Socket | undefined;
    try {
      const url = await server.wrote(/listening at (\S+)/);
      watcher = io(url, { transports: ['websocket'] });
      const heard = new Promise((resolve) => watcher?.once('user', resolve));
      await watcher.emitWithAck('watch users');

      const response = await fetch(`${url}/users`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'ada' }),
      });

      expect(response.status).toBe(201);
      expect(await heard).toEqual({ verb: 'created', id: 1, data: { id: 1, name: 'ada' } });
      expect(server.output).not.toMatch(/warn|error/i);
    } finally {
      watcher?.disconnect();
      await server.stop();
    }
  });
});

/** As `npm publish` would, but for the build, which is there already and which other tests are using now. */
async function pack(): Promise<Packed> {
  const output = await npm(
    ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', workshop],
    root,
  );
  const [packed] = JSON.parse(output) as Packed[];
  if (!packed) throw new Error(`npm packed nothing: ${output}`);
  return packed;
}

const npm = (args: readonly string[], folder: string): Promise<string> =>
  Child.start('npm', [...args, '--no-audit', '--no-fund'], folder).succeeded();

/** A Node program, given by its path in the folder. */
const run = (program: string, args: readonly string[], folder: string): Promise<string> =>
  Child.start(process.execPath, [program, ...args], folder).succeeded();

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Lockfile {
  readonly packages: Record<string, unknown>;
}
