import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { sizeOf } from './support/bundle.js';
import { root } from './support/repository.js';

const KILOBYTE = 1_000;

describe('The client', () => {
  let gzipped: number;

  beforeAll(async () => {
    requireBuild();
    ({ gzipped } = await sizeOf('client'));
  });

  test('is small', () => {
    expect(gzipped).toBeGreaterThan(1 * KILOBYTE);
    expect(gzipped).toBeLessThan(24 * KILOBYTE);
  });

  test('is as small as the README says', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const said = /client[^\n]*\*\*(\d+\.\d) kB\*\* min\+gzip/i.exec(readme)?.[1];

    expect(said, `The README has to say "client … **${(gzipped / KILOBYTE).toFixed(1)} kB** min+gzip"`).toBeDefined();
    expect(Math.abs(Number(said) - gzipped / KILOBYTE)).toBeLessThanOrEqual(0.1);
  });
});

describe('What front ends add to the client', () => {
  const page = readFileSync(join(root, 'docs/front-ends.md'), 'utf8');

  test.each([
    ['react', 3],
    ['tanstack-db', 2],
    ['tanstack-query', 2.2],
    ['vue', 1],
  ])('is small, and as small as its page says: %s', async (name, most) => {
    const { gzipped } = await sizeOf(`front-ends/${name}`);
    const said = new RegExp(`\\| \`nestjs-sockets/${name}\` \\| \\*\\*(\\d+\\.\\d) kB\\*\\*`).exec(page)?.[1];

    expect(gzipped).toBeLessThan(most * KILOBYTE);
    expect(Math.abs(Number(said) - gzipped / KILOBYTE), `${name} has ${gzipped} bytes`).toBeLessThanOrEqual(0.1);
  });
});
