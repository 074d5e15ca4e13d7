import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as buildWithVite } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of what this built. */
    builtAt: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Vitest's global setup: builds the programs that tests start in a process of their own (`*.child.ts`), and with them
 * the library's sources, once a run, where Node finds the Nest of the project.
 */
export default async function buildPrograms(project: TestProject): Promise<void> {
  const nodeModules = project.config.provide.nest === 11 ? 'test/nest-11/node_modules' : 'node_modules';
  const cache = join(root, nodeModules, '.cache');
  await mkdir(cache, { recursive: true });
  const builtAt = await mkdtemp(join(cache, 'child-programs-'));
  await writeFile(join(builtAt, 'package.json'), JSON.stringify({ type: 'module' }));
  await build(builtAt);
  project.onTestsRerun(() => build(builtAt));
  project.provide('builtAt', builtAt);
  process.once('exit', () => rmSync(builtAt, { recursive: true, force: true }));
}

async function build(builtAt: string): Promise<void> {
  const files = await readdir(join(root, 'test/behaviour'), { recursive: true });
  const programs = files.filter((file) => file.endsWith('.child.ts'));
  await buildWithVite({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir: builtAt,
      emptyOutDir: false,
      rolldownOptions: {
        input: Object.fromEntries(programs.map((file) => [nameOf(file), join(root, 'test/behaviour', file)])),
      },
    },
  });
}

/** What a program is called once it is built. */
const nameOf = (source: string): string => basename(source, '.child.ts');
