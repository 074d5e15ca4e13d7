import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where a class or a schema can be imported from: the file that was loaded, and the name of the export. */
export interface FoundExport {
  file: string;
  name: string;
}

const require = createRequire(import.meta.url);

/**
 * Knows which modules of the application were loaded, and finds what they export. Node lists the modules that are
 * CommonJS only, and V8 knows all scripts.
 */
export class LoadedModules {
  private readonly files = new Set<string>();
  private readonly session = new Session();
  private exports: Promise<ReadonlyMap<unknown, readonly FoundExport[]>> | undefined;

  /** Notes what is loaded, from now on. */
  constructor() {
    this.session.connect();
    this.session.on('Debugger.scriptParsed', ({ params: { url } }) => {
      if (!url.startsWith('file:')) return;
      const file = fileURLToPath(url);
      if (!/[\\/]node_modules[\\/]/.test(file)) this.files.add(file);
    });
    this.session.post('Debugger.enable');
  }

  /** Returns where something is exported from: rather the file that makes it than one that hands it on. */
  async find(value: unknown): Promise<FoundExport | undefined> {
    this.exports ??= this.readExports();
    const found = (await this.exports).get(value) ?? [];
    return found.find(isMadeThere) ?? found[0];
  }

  private async readExports(): Promise<ReadonlyMap<unknown, readonly FoundExport[]>> {
    this.session.disconnect();
    const found = new Map<unknown, FoundExport[]>();
    for (const file of [...this.files].sort()) {
      for (const [name, value] of Object.entries(await exportsOf(file))) {
        if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) continue;
        const known = found.get(value);
        if (known) known.push({ file, name });
        else found.set(value, [{ file, name }]);
      }
    }
    return found;
  }
}

/** Returns what a file exports that was loaded already, so that nothing of it runs again. */
async function exportsOf(file: string): Promise<object> {
  const loaded = require.cache[file];
  if (loaded) return isObject(loaded.exports) ? loaded.exports : {};
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch {
    // It failed then, too, and the application has got over it.
    return {};
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function isMadeThere({ file, name }: FoundExport): boolean {
  const declaration = new RegExp(`\\b(?:class|const|let|var|function)\\s+${name}\\b(?!\\s*;)`);
  return declaration.test(readFileSync(file, 'utf8'));
}
