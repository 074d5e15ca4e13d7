import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { filesIn, root } from './repository.js';

/** What each file imports, types included: files of src/ by their path, packages by the specifier as it is written. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/**
 * The floors of the house, from the ground up. Rooms of one floor stand beside each other and do not know each other. A
 * file belongs to the longest folder (or file) that its path begins with.
 */
const floors = [
  ['src/protocol/'],
  // The client stands beside the server.
  ['src/common/', 'src/front-ends/client/'],
  ['src/server/', 'src/transactions/', 'src/front-ends/'],
  ['src/connections/'],
  ['src/rooms/', 'src/requests/'],
  ['src/resources/'],
  ['src/routes/'],
  ['src/module/'],
  ['src/module/documents/'],
  ['src/index.ts'],
];

/** As many names as a reader takes in at once. */
const MOST_NAMES = 12;

export function readImports(): Imports {
  return new Map(
    filesIn('src', '.ts').map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
      return [file, importedFiles.map(({ fileName }) => resolve(file, fileName))];
    }),
  );
}

/** A sentence for each arrow that points up, or from one room to another on the same floor. */
export function forbiddenArrows(imports: Imports): string[] {
  return arrows(imports)
    .filter(([from, to]) => imports.has(to) && placeOf(from).room !== placeOf(to).room)
    .filter(([from, to]) => placeOf(to).floor >= placeOf(from).floor)
    .map(([from, to]) => `${from} must not import ${to}`);
}

/** Each circle of siblings, files or folders, once, as `src/a → src/b → src/a`. */
export function siblingCircles(imports: Imports): string[] {
  const siblings = new Map<string, Set<string>>();
  for (const [from, to] of arrows(imports)) {
    if (!imports.has(to)) continue;
    const [one, other] = whereTheyPart(from, to);
    if (one !== other) siblings.set(one, (siblings.get(one) ?? new Set()).add(other));
  }
  return circles(new Map([...siblings].map(([one, others]) => [one, [...others]])), siblings);
}

/** A sentence for each folder that holds more names than a reader takes in at once. */
export function crowdedFolders(files: Iterable<string>): string[] {
  const folders = new Map<string, Set<string>>();
  for (const file of files) {
    for (let path = file; path !== '.' && path !== 'src'; path = posix.dirname(path)) {
      const folder = posix.dirname(path);
      folders.set(folder, (folders.get(folder) ?? new Set()).add(path));
    }
  }
  return [...folders]
    .filter(([, names]) => names.size > MOST_NAMES)
    .map(([folder, names]) => `${folder} has ${names.size} names, and may have ${MOST_NAMES}`);
}

/**
 * Each circle once, as `a → b → a`.
 *
 * @param known what can be part of one; a package cannot
 */
export function circles(imports: Imports, known: { has(name: string): boolean } = imports): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) if (known.has(next)) visit(next, [...path, file]);
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
export const homeless = (imports: Imports): string[] => [...imports.keys()].filter((file) => placeOf(file).floor < 0);

/** The floor of a file, and the room on it. */
function placeOf(file: string): { floor: number; room: string } {
  let place = { floor: -1, room: '' };
  floors.forEach((rooms, floor) => {
    for (const room of rooms) if (file.startsWith(room) && room.length > place.room.length) place = { floor, room };
  });
  return place;
}

/** The paths of two files up to the name in which they differ: two siblings. */
function whereTheyPart(from: string, to: string): [string, string] {
  const [one, other] = [from.split('/'), to.split('/')];
  const position = one.findIndex((name, index) => name !== other[index]);
  return [one.slice(0, position + 1).join('/'), other.slice(0, position + 1).join('/')];
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}
