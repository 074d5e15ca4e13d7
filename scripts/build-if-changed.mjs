// Builds the library, the sample app and the example before the tests that need them, unless nothing changed since
// they were built.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const library = ['src', 'scripts', 'package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
if (isOlder('dist/index.js', library)) build('npm run build');
for (const application of ['sample-app', 'examples/journal']) {
  const sources = [`${application}/src`, `${application}/tsconfig.json`, 'dist'];
  if (isOlder(`${application}/dist/main.js`, sources)) build(`npx tsc -p ${application}`);
}

const page = ['examples/react/src', 'examples/react/index.html', 'examples/react/vite.config.ts', 'dist'];
if (isOlder('examples/react/dist/index.html', page)) build('npx vite build --config examples/react/vite.config.ts');

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
