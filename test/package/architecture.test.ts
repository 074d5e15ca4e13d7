import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  circles,
  crowdedFolders,
  forbiddenArrows,
  homeless,
  type Imports,
  packages,
  readImports,
  siblingCircles,
} from './support/layers.js';
import { root } from './support/repository.js';

const imports = readImports();

describe('The house', () => {
  test('has a floor for every file', () => {
    expect(homeless(imports)).toEqual([]);
  });

  test('has arrows that point down only, and none between rooms of one floor', () => {
    expect(forbiddenArrows(imports)).toEqual([]);
  });

  test('has no circle of files', () => {
    expect(circles(imports)).toEqual([]);
  });

  test('has no circle of siblings in any folder', () => {
    expect(siblingCircles(imports)).toEqual([]);
  });

  test('has no folder with more names than a reader takes in at once', () => {
    expect(crowdedFolders(imports.keys())).toEqual([]);
  });

  test('has a ground, protocol/, that imports nothing', () => {
    const wire = [...imports].filter(([file]) => file.startsWith('src/protocol/'));
    const outside = wire.flatMap(([, targets]) => targets.filter((target) => !target.startsWith('src/protocol/')));

    expect(wire).not.toEqual([]);
    expect(outside).toEqual([]);
  });

  test('has a client that imports protocol/ and socket.io-client, and that front ends alone import', () => {
    const isClient = (file: string): boolean => file.startsWith('src/front-ends/client/');
    const isForClients = (target: string): boolean =>
      isClient(target) || target.startsWith('src/protocol/') || target === 'socket.io-client';
    const client = [...imports].filter(([file]) => isClient(file));
    const others = [...imports].filter(([file]) => !isClient(file) && !file.startsWith('src/front-ends/'));

    expect(client).not.toEqual([]);
    expect(client.flatMap(([, targets]) => targets.filter((target) => !isForClients(target)))).toEqual([]);
    expect(
      others.flatMap(([, targets]) => targets.filter((target) => isClient(target) || target === 'socket.io-client')),
    ).toEqual([]);
  });

  test('has other front ends that know of the client what applications know, and of the rest nothing', () => {
    const isOther = (file: string): boolean =>
      file.startsWith('src/front-ends/') && !file.startsWith('src/front-ends/client/');
    const others = [...imports].filter(([file]) => isOther(file));
    const outside = others.flatMap(([, targets]) =>
      targets.filter((target) => target.startsWith('src/') && !isOther(target)),
    );

    expect(new Set(outside)).toEqual(new Set(['src/front-ends/client/index.ts']));
  });

  test('imports only packages that the library declares as its peers', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson;
    const undeclared = [...packages(imports)].filter(([name]) => !(name in peerDependencies));

    expect(undeclared).toEqual([]);
  });
});

describe('The rules above notice', () => {
  const house = (files: Record<string, string[]>): Imports => new Map(Object.entries(files));

  test('an arrow that points up', () => {
    const broken = house({
      'src/rooms/a.ts': ['src/resources/b.ts'],
      'src/resources/b.ts': ['src/rooms/a.ts', 'src/routes/c.ts'],
      'src/routes/c.ts': [],
    });

    expect(forbiddenArrows(broken)).toEqual([
      'src/rooms/a.ts must not import src/resources/b.ts',
      'src/resources/b.ts must not import src/routes/c.ts',
    ]);
  });

  test('an arrow between rooms of one floor', () => {
    const broken = house({ 'src/rooms/a.ts': ['src/requests/b.ts', 'src/rooms/c.ts'], 'src/requests/b.ts': [] });

    expect(forbiddenArrows(broken)).toEqual(['src/rooms/a.ts must not import src/requests/b.ts']);
  });

  test('a circle of files', () => {
    const broken = house({ 'src/a.ts': ['src/b.ts', 'rxjs'], 'src/b.ts': ['src/c.ts'], 'src/c.ts': ['src/b.ts'] });

    expect(circles(broken)).toEqual(['src/b.ts → src/c.ts → src/b.ts']);
  });

  test('a circle of siblings, though no file imports itself by it', () => {
    const broken = house({
      'src/rooms/relay/a.ts': ['src/rooms/presence/b.ts'],
      'src/rooms/presence/b.ts': [],
      'src/rooms/presence/c.ts': ['src/rooms/d.ts'],
      'src/rooms/d.ts': ['src/rooms/relay/e.ts'],
      'src/rooms/relay/e.ts': [],
    });

    expect(circles(broken)).toEqual([]);
    expect(siblingCircles(broken)).toEqual(['src/rooms/relay → src/rooms/presence → src/rooms/d.ts → src/rooms/relay']);
  });

  test('a folder with a thirteenth name, be it a file or a folder', () => {
    const files = Array.from({ length: 12 }, (_, n) => `src/rooms/${n}.ts`);

    expect(crowdedFolders(files)).toEqual([]);
    expect(crowdedFolders([...files, 'src/rooms/relay/a.ts', 'src/rooms/relay/b.ts'])).toEqual([
      'src/rooms has 13 names, and may have 12',
    ]);
  });

  test('a package, under whatever path it is imported', () => {
    expect([...packages(house({ 'src/a.ts': ['@nestjs/core/x/y.js', 'socket.io', 'node:http'] }))]).toEqual([
      ['@nestjs/core', ['src/a.ts']],
      ['socket.io', ['src/a.ts']],
    ]);
  });
});

interface PackageJson {
  readonly peerDependencies: Record<string, string>;
}
