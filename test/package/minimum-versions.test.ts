import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/repository.js';

/** Finds a package as the code in a file gets it. */
const resolve = (name: string, from: string): string => createRequire(from).resolve(name);

function versionOf(name: string, entry: string): number[] {
  const folder = `node_modules/${name}/`;
  const path = entry.slice(0, entry.lastIndexOf(folder) + folder.length);
  const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string };
  return version.split('.').map(Number);
}

const isAtLeast = (version: number[], minimum: number[]): boolean => {
  const differing = version.findIndex((part, index) => part !== minimum[index]);
  return differing < 0 || version[differing] > minimum[differing];
};

describe.each([
  ['12', join(root, 'package.json')],
  ['11', join(root, 'test/nest-11/package.json')],
])('What the tests of Nest %s run on', (_, from) => {
  const adapter = resolve('@nestjs/platform-socket.io', from);
  const server = resolve('socket.io', adapter);
  const engine = resolve('engine.io', server);

  it.each([
    ['engine.io', engine, [6, 6, 9]],
    ['socket.io-parser', resolve('socket.io-parser', server), [4, 2, 7]],
    ['socket.io-adapter', resolve('socket.io-adapter', server), [2, 5, 8]],
    ['ws', resolve('ws', engine), [8, 21, 0]],
  ])('is a version of %s without known vulnerabilities', (name, entry, minimum) => {
    const version = versionOf(name, entry);
    expect(isAtLeast(version, minimum), `${name} ${version.join('.')} < ${minimum.join('.')}`).toBe(true);
  });

  it('is one copy of Socket.IO', () => {
    expect(resolve('socket.io', from)).toBe(server);
  });
});

describe('Where versions are compared', () => {
  it.each([
    ['6.6.9', '6.6.9', true],
    ['6.6.10', '6.6.9', true],
    ['7.0.0', '6.6.9', true],
    ['6.6.8', '6.6.9', false],
    ['5.7.10', '6.6.9', false],
  ])('%s is at least %s: %s', (version, minimum, expected) => {
    const [one, other] = [version, minimum].map((text) => text.split('.').map(Number));
    expect(isAtLeast(one, other)).toBe(expected);
  });
});
