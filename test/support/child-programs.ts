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
  const builtAt = await buildProgramsIn('test/behaviour', nodeModules);
  project.onTestsRerun(() => build('test/behaviour', builtAt));
  project.provide('builtAt', builtAt);
}

/** What was built in this run. Each project has its own copy of this module. */
const built = ((globalThis as { childPrograms?: Map<string, Promise<string>> }).childPrograms ??= new Map());

/**
 * Builds the programs of a folder of tests, once for all projects, and returns where they are; they are gone when this
 * process is.
 */
export function buildProgramsIn(folder: string, nodeModules: string): Promise<string> {
  const key = `${folder} ${nodeModules}`;
  const building = built.get(key) ?? buildOnce(folder, nodeModules);
  built.set(key, building);
  return building;
}

async function buildOnce(folder: string, nodeModules: string): Promise<string> {
  const cache = join(root, nodeModules, '.cache');
  await mkdir(cache, { recursive: true });
  const builtAt = await mkdtemp(join(cache, 'child-programs-'));
  await writeFile(join(builtAt, 'package.json'), JSON.stringify({ type: 'module' }));
  await build(folder, builtAt);
  process.once('exit', () => rmSync(builtAt, { recursive: true, force: true }));
  return builtAt;
}

async function build(folder: string, builtAt: string): Promise<void> {
  const files = await readdir(join(root, folder), { recursive: true });
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
        input: Object.fromEntries(programs.map((file) => [nameOf(file), join(root, folder, file)])),
      },
    },
  });
}

/** What a program is called once it is built. */
const nameOf = (source: string): string => basename(source, '.child.ts');
