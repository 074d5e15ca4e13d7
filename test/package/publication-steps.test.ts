import { beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

const PLAIN = 'PATCH over HTTP → one publication';
const SLICED = 'PATCH over HTTP → one publication in a slice';

const SLICES = [/^resources\/slices\//, /^resources\/pubsub\/steps\/placement\//];

/** What only a resource with slices, views, relations or listeners needs. */
const OF_OTHERS = [
  /^resources\/(views|relations)\//,
  /\/(publication-views|populated-views|reverse-publications|publication-listeners)\.ts$/,
];

let trips: Record<string, Array<{ file: string }>>;

beforeAll(async () => {
  requireBuild();
  const program = ['test/benchmarks/trips.mjs', '--json', '--without-users'];
  const output = await Child.start('node', program, root).succeeded();
  [trips] = Object.values(JSON.parse(output) as Array<typeof trips>);
});

const filesOf = (trip: string): string[] => [...new Set(trips[trip].map(({ file }) => file))];

const among = (files: readonly string[], patterns: readonly RegExp[]): string[] =>
  files.filter((file) => patterns.some((pattern) => pattern.test(file)));

describe('A publication of a resource without slices, views, relations and listeners', () => {
  test('takes the steps that every publication takes', () => {
    expect(filesOf(PLAIN)).toEqual(
      expect.arrayContaining([
        'routes/publish/route-publication.ts',
        'routes/publish/publication-queue.ts',
        'resources/pubsub/pipeline/publication-pipeline.ts',
        'resources/pubsub/steps/publication-composer.ts',
        'resources/pubsub/emission/publication-emitter.ts',
      ]),
    );
  });

  test('takes none of those that others declare', () => {
    expect(among(filesOf(PLAIN), [...SLICES, ...OF_OTHERS])).toEqual([]);
  });

  test('enters no more than 61 files', () => {
    expect(filesOf(PLAIN).length).toBeLessThanOrEqual(61);
  });
});

describe('A publication of a resource with slices, but without views, relations and listeners', () => {
  test('takes the steps of slices, and none of those that others declare', () => {
    expect(among(filesOf(SLICED), SLICES)).toContain('resources/pubsub/steps/placement/slice-placement.ts');
    expect(among(filesOf(SLICED), OF_OTHERS)).toEqual([]);
  });
});
