import { describe, expect, test } from 'vitest';
import { brokenLinks } from './support/links.js';
import { filesIn } from './support/repository.js';

describe('Every relative link leads somewhere', () => {
  for (const file of filesIn('.', '.md')) {
    test(`in ${file}`, () => {
      expect(brokenLinks(file)).toEqual([]);
    });
  }
});
