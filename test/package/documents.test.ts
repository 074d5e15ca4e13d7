import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesIn, root } from './support/repository.js';

const WIDEST = 120;

const linesOf = (file: string): string[] => readFileSync(join(root, file), 'utf8').split('\n');

describe('No line is wider than the page', () => {
  for (const file of filesIn('.', '.md')) {
    test(`in ${file}`, () => {
      const tooWide = linesOf(file).flatMap((line, index) =>
        columnsOf(line) > WIDEST && !line.startsWith('|') ? [`${file}:${index + 1}`] : [],
      );

      expect(tooWide).toEqual([]);
    });
  }
});

test('No line of the source is wider than the page, where no formatter breaks it', () => {
  const tooWide = filesIn('src', '.ts').flatMap((file) =>
    linesOf(file).flatMap((line, index) => (columnsOf(line) > WIDEST ? [`${file}:${index + 1}`] : [])),
  );

  expect(tooWide).toEqual([]);
});

describe('The README', () => {
  test('is read in a minute', () => {
    expect(linesOf('README.md').length).toBeLessThanOrEqual(200);
  });

  test('leads to every page of the documentation', () => {
    const readme = linesOf('README.md').join('\n');
    const notLinked = filesIn('docs', '.md').filter((page) => !readme.includes(`](${page})`));

    expect(notLinked).toEqual([]);
  });

  test('says the same in Chinese: as many headings, rows and points, the same links and the same code', () => {
    const [english, chinese] = [skeletonOf('README.md'), skeletonOf('README.zh-CN.md')];

    expect(chinese).toEqual(english);
  });
});

/** As editors count them: Chinese characters and their punctuation are twice as wide as others. */
function columnsOf(line: string): number {
  const wide = line.match(
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/g,
  );
  return line.length + (wide?.length ?? 0);
}

/** What a translation keeps. */
function skeletonOf(file: string) {
  const text = linesOf(file).join('\n');
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const code = [...text.matchAll(/^```\w*\n.*?^```/gms)].map(([block]) => block.replace(/\s*(?:\/\/|#) .*$/gm, ''));
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].flatMap(([, target = '']) =>
    target.startsWith('README') ? [] : [target],
  );
  return {
    headings: count(/^## /gm),
    points: count(/^- \*\*/gm),
    rows: count(/^\|/gm),
    links: links.toSorted(),
    code,
  };
}
