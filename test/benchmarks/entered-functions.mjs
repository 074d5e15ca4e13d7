import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { SourceMap } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Counts the calls of a built library's functions by V8's precise coverage, and finds the source file of each function.
 */
export class EnteredFunctions {
  #session = new Session();
  #root;
  #scripts = new Map();

  /** Starts counting. Call it before the library is imported. */
  static async start(directory) {
    const entered = new EnteredFunctions(directory);
    entered.#session.connect();
    await entered.#session.post('Profiler.enable');
    await entered.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return entered;
  }

  constructor(directory) {
    this.#root = `${pathToFileURL(directory).href}/`;
  }

  /** Returns `{ file, name, calls }` for each function that was entered since the last call. */
  async take() {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return result.filter(({ url }) => url.startsWith(this.#root)).flatMap((script) => this.#functionsOf(script));
  }

  #functionsOf({ url, functions }) {
    if (!this.#scripts.has(url)) this.#scripts.set(url, new Script(url, this.#root));
    const script = this.#scripts.get(url);
    return functions
      .map(({ functionName, ranges: [range] }) => ({
        name: functionName,
        start: range.startOffset,
        calls: range.count,
      }))
      .filter(({ name, start, calls }) => calls > 0 && !(name === '' && start === 0))
      .map(({ name, start, calls }) => ({ file: script.fileAt(start), name: name || '(anonymous)', calls }));
  }
}

/** A script of the built library: one compiled file, or a bundle. */
class Script {
  #ownName;
  #lineStarts = [0];
  #url;
  #map;

  constructor(url, root) {
    this.#url = url;
    this.#ownName = url.slice(root.length);
    const code = readFileSync(fileURLToPath(url), 'utf8');
    for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
    const [, address] = [...code.matchAll(/^\/\/# sourceMappingURL=(\S+)/gm)].at(-1) ?? [];
    if (address !== undefined) this.#map = new SourceMap(JSON.parse(readSourceMap(new URL(address, url))));
  }

  /** Finds the source file of the function at this offset: its path within `src`. */
  fileAt(offset) {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    const { originalSource } = this.#map?.findEntry(line, offset - this.#lineStarts[line]) ?? {};
    if (!originalSource) return this.#ownName;
    return new URL(originalSource, this.#url).pathname.replace(/^.*\/src\//, '');
  }
}

function readSourceMap(address) {
  if (address.protocol === 'file:') return readFileSync(address, 'utf8');
  const [, encoding, data] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(address.href);
  return encoding ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data);
}
