import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { root } from './repository.js';

/** How much of a page's traffic the built client is, without socket.io-client, in bytes. */
export async function clientSize(): Promise<{ minified: number; gzipped: number }> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    build: {
      write: false,
      lib: { entry: join(root, 'dist/client/index.js'), formats: ['es'] },
      // Vite leaves the spaces in libraries, which pages do not.
      rolldownOptions: { external: ['socket.io-client'], output: { minify: true } },
    },
  });
  const [{ output }] = [built].flat() as [Rolldown.RolldownOutput];
  const chunks = output.filter((part) => part.type === 'chunk');
  if (chunks.length !== 1) throw new Error(`The client became ${chunks.length} files`);
  const code = chunks.map((chunk) => chunk.code).join('');
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}
