import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from './support/compile.js';
import { filesIn, root } from './support/repository.js';

/**
 * What is true or false of a type is only seen by compiling it: Vitest takes the types away before it runs anything.
 */
const files = filesIn('test/package/types', '.ts');
const texts = (of: readonly string[]) => new Map(of.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const complaintsAbout = compile(texts(files));
const exact = 'test/package/types/exact-optional.ts';
const complaintsAboutExact = compile(texts([exact]), { exactOptionalPropertyTypes: true });

describe('The types promise what is written in', () => {
  for (const file of files) {
    test(basename(file), () => {
      expect(complaintsAbout(file).map(({ line, message }) => `${file}:${line + 1} ${message}`)).toEqual([]);
    });
  }

  test(`${basename(exact)}, with exactOptionalPropertyTypes`, () => {
    expect(complaintsAboutExact(exact).map(({ line, message }) => `${exact}:${line + 1} ${message}`)).toEqual([]);
  });
});
