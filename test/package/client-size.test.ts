import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { clientSize } from './support/bundle.js';
import { root } from './support/repository.js';

const KILOBYTE = 1_000;

describe('The client', () => {
  let gzipped: number;

  beforeAll(async () => {
    requireBuild();
    ({ gzipped } = await clientSize());
  });

  test('is small', () => {
    expect(gzipped).toBeGreaterThan(1 * KILOBYTE);
    expect(gzipped).toBeLessThan(22 * KILOBYTE);
  });

  test('is as small as the README says', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const said = /client[^\n]*\*\*(\d+\.\d) kB\*\* min\+gzip/i.exec(readme)?.[1];

    expect(said, `The README has to say "client … **${(gzipped / KILOBYTE).toFixed(1)} kB** min+gzip"`).toBeDefined();
    expect(Math.abs(Number(said) - gzipped / KILOBYTE)).toBeLessThanOrEqual(0.1);
  });
});
