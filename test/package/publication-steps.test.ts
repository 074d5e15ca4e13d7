import { beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

const TRIP = 'PATCH over HTTP → one publication';

/** What only a resource with slices, views, relations or listeners needs. */
const OF_OTHERS = [
  /^resources\/(slices|views|relations)\//,
  /\/(publication-views|populated-views|slice-placement|slice-news|reverse-publications|publication-listeners)\.ts$/,
];

let files: Set<string>;

beforeAll(async () => {
  requireBuild();
  const output = await Child.start('node', ['test/benchmarks/trips.mjs', '--json'], root).succeeded();
  const [trips] = Object.values(JSON.parse(output) as Record<string, Record<string, Array<{ file: string }>>>);
  files = new Set(trips[TRIP].map(({ file }) => file));
});

describe('A publication of a resource without slices, views, relations and listeners', () => {
  test('takes the steps that every publication takes', () => {
    expect([...files]).toEqual(
      expect.arrayContaining([
        'routes/publish/route-publication.ts',
        'routes/publish/publication-queue.ts',
        'resources/pubsub/publication-pipeline.ts',
        'resources/pubsub/steps/publication-composer.ts',
        'resources/pubsub/steps/publication-emitter.ts',
      ]),
    );
  });

  test('takes none of those that others declare', () => {
    expect([...files].filter((file) => OF_OTHERS.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  test('enters no more than 36 files', () => {
    expect(files.size).toBeLessThanOrEqual(36);
  });
});
