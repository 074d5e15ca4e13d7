// Builds the library and the sample app before the tests that need them, unless nothing changed since they were built.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const library = ['src', 'scripts', 'package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
if (isOlder('dist/index.js', library)) build('npm run build');
if (isOlder('sample-app/dist/main.js', ['sample-app/src', 'sample-app/tsconfig.json', 'dist'])) {
  build('npx tsc -p sample-app');
}

function isOlder(built, sources) {
  return writtenAt(built) <= Math.max(...sources.map(lastChange));
}

function lastChange(path) {
  const inside = statSync(join(root, path)).isDirectory() ? readdirSync(join(root, path), { recursive: true }) : [];
  return Math.max(writtenAt(path), ...inside.map((name) => writtenAt(join(path, name))));
}

/** The time of its last change; the beginning of time for what is not there. */
function writtenAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function build(command) {
  const [program, ...args] = command.split(' ');
  execFileSync(program, args, { cwd: root, stdio: 'inherit' });
}
