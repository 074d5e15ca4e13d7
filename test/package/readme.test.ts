import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { filesIn, root } from './support/repository.js';
import { compileSnippets, type Snippet, snippetsIn, snippetsOf } from './support/snippets.js';

const documents = filesIn('.', '.md');
const sources = filesIn('src', '.ts');

describe('A snippet compiles against the library as it is published', () => {
  const snippets = [...documents, ...sources].flatMap(snippetsOf);
  let complaintsAbout: (snippet: Snippet) => string[];

  beforeAll(() => {
    requireBuild();
    complaintsAbout = compileSnippets(snippets);
  });

  for (const snippet of snippets) {
    test(snippet.name, () => {
      expect(complaintsAbout(snippet)).toEqual([]);
    });
  }

  test('and the README has some', () => {
    expect(snippets.map(({ file }) => file)).toContain('README.md');
  });
});

describe('An @example', () => {
  const startOf = ({ line, context }: Snippet): number => (context.length > 0 ? line - context.length - 2 : line);

  test('is a block of ts', () => {
    const others = sources.flatMap((file) => {
      const blocks = snippetsOf(file).map(startOf);
      return examplesIn(file).flatMap((line) => (blocks.includes(line + 1) ? [] : [`${file}:${line}`]));
    });

    expect(others).toEqual([]);
  });
});

describe('A wrong snippet', () => {
  const complaints = (text: string): string[] => {
    const snippets = snippetsIn('A.md', text.split('\n'));
    return snippets.flatMap(compileSnippets(snippets));
  };

  test('is named with the line it is wrong in', () => {
    expect(complaints('Text\n\n```ts\nconst a: number = 1;\nconst b: string = a;\n```\n')).toEqual([
      "A.md:5 Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test('is one that uses what the library does not export', () => {
    expect(complaints("```ts\nimport { Nothing } from 'nestjs-sockets';\n```")).toEqual([
      `A.md:2 Module '"nestjs-sockets"' has no exported member 'Nothing'.`,
    ]);
  });

  test('is one whose hidden context is wrong', () => {
    expect(complaints('<!-- snippet\nconst a: string = 1;\n-->\n\n```ts\nconst b = a;\n```')).toEqual([
      "A.md:5 (in its context) Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test('is right within the context that it lacks', () => {
    expect(complaints('<!-- snippet\nclass Some {\n…\n}\n-->\n```ts\nmethod(): number {\n  return 1;\n}\n```')).toEqual(
      [],
    );
    expect(complaints('```ts\nmethod(): number {\n  return 1;\n}\n```')).not.toEqual([]);
  });
});

/** The lines, counted from 1, that begin an example. */
function examplesIn(file: string): number[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => (/^\s*\*\s*@example\b/.test(line) ? [index + 1] : []));
}
