import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { root } from './repository.js';

/**
 * How much of a page's traffic an entry point is as it is built, in bytes, without the packages that it imports, and
 * without the client if that is not it.
 */
export async function sizeOf(entry: string): Promise<{ minified: number; gzipped: number }> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    build: {
      write: false,
      lib: { entry: join(root, `dist/${entry}/index.js`), formats: ['es'] },
      // Vite leaves the spaces in libraries, which pages do not.
      rolldownOptions: { external: (id) => /^[^./]/.test(id), output: { minify: true } },
    },
  });
  const [{ output }] = [built].flat() as [Rolldown.RolldownOutput];
  const chunks = output.filter((part) => part.type === 'chunk');
  if (chunks.length !== 1) throw new Error(`${entry} became ${chunks.length} files`);
  const code = chunks.map((chunk) => chunk.code).join('');
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}
