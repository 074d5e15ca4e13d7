// Builds the library and the applications that are named, or all of them, unless nothing changed since they were built:
//   node scripts/build-if-changed.mjs [sample-app] [examples/journal] [examples/react]
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What is built of each application, of which sources, and by which command. */
const applications = {
  'sample-app': compiled('sample-app'),
  'examples/journal': compiled('examples/journal'),
  'examples/react': {
    built: 'examples/react/dist/index.html',
    sources: ['examples/react/src', 'examples/react/index.html', 'examples/react/vite.config.ts'],
    command: 'npx vite build --config examples/react/vite.config.ts',
  },
};

const library = ['src', 'scripts', 'package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const exported = [...new Set(JSON.stringify(exports).match(/dist\/[^"*]+/g))];
const changed = Math.max(...library.map(lastChange));
if (exported.some((path) => writtenAt(path) <= changed)) build('npm run build');

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(applications)) {
  const { built, sources, command } = applications[name];
  if (isOlder(built, [...sources, 'dist'])) build(command);
}

function compiled(application) {
  return {
    built: `${application}/dist/main.js`,
    sources: [`${application}/src`, `${application}/tsconfig.json`],
    command: `npx tsc -p ${application}`,
  };
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
