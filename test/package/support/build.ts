import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, root } from './repository.js';

const writtenAt = (file: string): number => statSync(join(root, file)).mtimeMs;

/** Fails unless `dist/` holds what `src/` says now: a test of yesterday's package proves nothing. */
export function requireBuild(): void {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('There is no dist/: run `npm run build` first');
  const builtAt = writtenAt('dist/index.js');
  const newer = filesIn('src', '.ts').filter((file) => writtenAt(file) > builtAt);
  if (newer.length > 0) throw new Error(`dist/ is older than ${newer.join(', ')}: run \`npm run build\` first`);
}
