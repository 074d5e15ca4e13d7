import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { compile } from './support/compile.js';
import { filesIn, root } from './support/repository.js';

const read = (files: readonly string[]): Map<string, string> =>
  new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

function complaints(texts: ReadonlyMap<string, string>, lib: string[], types: string[]): string[] {
  const about = compile(texts, { lib: ['lib.es2023.d.ts', ...lib], types });
  return [...texts.keys()].flatMap((file) => about(file).map(({ line, message }) => `${file}:${line + 1} ${message}`));
}

const PROGRAM = `
import { connect, RequestError, type ConnectionState } from 'nestjs-sockets/client';

const sockets = connect('http://localhost:3000', { auth: { token: 'secret' }, headers: { 'x-a': '1' } });
export const answer = sockets.get<string[]>('/a', undefined, { timeout: 5, repeat: ({ response }) => response?.body });
export const end = sockets.onState((state: ConnectionState) => state.reason instanceof RequestError);
`;

const WITH_SIGNAL = `${PROGRAM}
export const aborted = sockets.get('/a', undefined, { signal: new AbortController().signal });
`;

describe('The client', () => {
  test('is written for browsers and Node alike: it uses nothing of Node', () => {
    expect(complaints(read(filesIn('src/front-ends/client', '.ts')), ['lib.dom.d.ts'], [])).toEqual([]);
  });

  test.each([
    { where: 'a page', lib: ['lib.dom.d.ts'], types: [] as string[], program: WITH_SIGNAL },
    { where: 'Node', lib: [], types: ['node'], program: WITH_SIGNAL },
    { where: 'neither', lib: [], types: [], program: PROGRAM },
  ])('has types that compile where there are those of $where', ({ lib, types, program }) => {
    requireBuild();
    const declarations = read(filesIn('dist/client', '.d.ts'));

    expect([...declarations.keys()]).toEqual(['dist/client/index.d.ts']);
    expect(complaints(new Map([...declarations, ['program.ts', program]]), lib, types)).toEqual([]);
  });
});
