import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = new URL('../../../../', import.meta.url);
const nest11 = createRequire(new URL('test/nest-11/package.json', root));
const { config } = ts.readConfigFile(fileURLToPath(new URL('tsconfig.json', root)), (path) => ts.sys.readFile(path));
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, fileURLToPath(root));
// One file at a time, the compiler cannot know that the package is one of ES modules.
const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, moduleResolution: undefined };

export function resolve(specifier, context, next) {
  if (process.env.NEST === '11' && specifier.startsWith('@nestjs/')) {
    return { url: pathToFileURL(nest11.resolve(specifier)).href, shortCircuit: true };
  }
  const inSources = context.parentURL?.startsWith(new URL('src/', root).href) || specifier.includes('/src/');
  return next(inSources && specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const { outputText } = ts.transpileModule(source, { fileName: fileURLToPath(url), compilerOptions });
  return { format: 'module', source: outputText, shortCircuit: true };
}
