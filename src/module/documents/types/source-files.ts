import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Returns the file that has the types of a file that was loaded: its source, as the source map or the tsconfig says,
 * or its declarations.
 */
export function sourceOf(file: string): string | undefined {
  if (TYPESCRIPT.test(file)) return file;
  return [sourceByMap, sourceByConfig, declarationsOf].map((find) => find(file)).find((found) => found !== undefined);
}

function sourceByMap(file: string): string | undefined {
  const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, 'utf8'))?.[1];
  if (url === undefined) return undefined;
  const inline = /^data:application\/json;(?:charset=[^;]+;)?base64,(.*)$/.exec(url)?.[1];
  const path = resolve(dirname(file), decodeURIComponent(url));
  if (inline === undefined && !existsSync(path)) return undefined;
  const text = inline === undefined ? readFileSync(path, 'utf8') : Buffer.from(inline, 'base64').toString();
  const { sources, sourceRoot = '' } = JSON.parse(text) as { sources: readonly string[]; sourceRoot?: string };
  // A bundle is made of many, of which none is known to be the one.
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0) return undefined;
  const folder = inline === undefined ? dirname(path) : dirname(file);
  return existing(source.startsWith('file:') ? fileURLToPath(source) : resolve(folder, sourceRoot, source));
}

/** The part of TypeScript that says which file is compiled to which. */
interface Compiler {
  findConfigFile(folder: string, exists: (file: string) => boolean): string | undefined;
  getParsedCommandLineOfConfigFile(file: string, options: object, host: object): ParsedConfig | undefined;
  getOutputFileNames(config: ParsedConfig, source: string, ignoreCase: boolean): readonly string[];
  readonly sys: { fileExists(file: string): boolean };
}

interface ParsedConfig {
  readonly fileNames: readonly string[];
}

function sourceByConfig(file: string): string | undefined {
  const ts = compilerNear(file);
  const configFile = ts?.findConfigFile(dirname(file), (name) => ts.sys.fileExists(name));
  if (!ts || configFile === undefined) return undefined;
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(configFile, {}, host);
  return config?.fileNames.find((source) => {
    if (/\.d\.[cm]?ts$/.test(source)) return false;
    return ts.getOutputFileNames(config, source, false).some((output) => resolve(output) === file);
  });
}

/** Returns the application's own compiler, if it has one that can be asked. */
function compilerNear(file: string): Compiler | undefined {
  try {
    const compiler = createRequire(file)('typescript') as Partial<Compiler>;
    return typeof compiler.getOutputFileNames === 'function' ? (compiler as Compiler) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the declarations that were compiled together with a file. */
export function declarationsOf(file: string): string | undefined {
  return existing(file.replace(/\.([cm]?)js$/, '.d.$1ts'));
}

function existing(file: string): string | undefined {
  return existsSync(file) ? file : undefined;
}
