import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { filesIn, root } from './repository.js';

/** What each file imports, types included: files of src/ by their path, packages by the specifier as it is written. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The floors of the house, from the ground up. A file belongs to the longest folder (or file) that its path begins with. */
const floors = [
  ['src/protocol/'],
  ['src/common/'],
  // The client stands beside the server, and neither knows the other.
  ['src/server/', 'src/connections/', 'src/rooms/', 'src/client/'],
  // Requests stand beside resources, and neither knows the other.
  ['src/resources/', 'src/requests/'],
  ['src/routes/'],
  ['src/sockets.options.ts', 'src/sockets.module.ts'],
  ['src/index.ts'],
];

export function readImports(): Imports {
  return new Map(
    filesIn('src', '.ts').map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
      return [file, importedFiles.map(({ fileName }) => resolve(file, fileName))];
    }),
  );
}

/** A sentence for each arrow that points up. */
export function upwardArrows(imports: Imports): string[] {
  return arrows(imports)
    .filter(([from, to]) => floorOf(to) > floorOf(from))
    .map(([from, to]) => `${from} must not import ${to}`);
}

/** Each circle once, as `a → b → a`. */
export function circles(imports: Imports): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) if (imports.has(next)) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

/** The packages that files import, by name: `socket.io/dist/x` is `socket.io`. */
export function packages(imports: Imports): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const [from, to] of arrows(imports)) {
    if (to.startsWith('src/') || to.startsWith('node:')) continue;
    const name = to
      .split('/')
      .slice(0, to.startsWith('@') ? 2 : 1)
      .join('/');
    users.set(name, [...(users.get(name) ?? []), from]);
  }
  return users;
}

const arrows = (imports: Imports): [from: string, to: string][] =>
  [...imports].flatMap(([from, targets]) => targets.map((to): [string, string] => [from, to]));

/** Files that nobody gave a floor. */
export const homeless = (imports: Imports): string[] => [...imports.keys()].filter((file) => floorOf(file) < 0);

function floorOf(file: string): number {
  let floor = -1;
  let length = 0;
  floors.forEach((places, index) => {
    for (const place of places) {
      if (file.startsWith(place) && place.length > length) [floor, length] = [index, place.length];
    }
  });
  return floor;
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}
