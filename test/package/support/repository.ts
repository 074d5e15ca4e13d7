import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, without a trailing slash. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

/** What is installed, built or generated: nobody wrote it. */
const notWritten = ['node_modules', 'dist', 'coverage', '.git', '.npm', join('docs', 'api'), 'test/faults/results'];

/**
 * Every file under a folder of the repository that somebody wrote and whose name ends so, sorted, relative to the root.
 */
export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (notWritten.includes(entry.name) || notWritten.includes(path)) return [];
      if (entry.isDirectory()) return filesIn(path, ending);
      return path.endsWith(ending) ? [path] : [];
    })
    .sort();
}
