import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesIn, root } from './support/repository.js';

it('Every logger of the server is one that makes its lines printable', () => {
  const others = filesIn('src', '.ts').filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return /new Logger\(|\bLogger\.(?:log|warn|error|debug)\(|console\.\w+\(/.test(text.replaceAll(/^\s*\*.*$/gm, ''));
  });
  expect(others.filter((path) => !path.startsWith(join('src', 'front-ends')))).toEqual([]);
});
