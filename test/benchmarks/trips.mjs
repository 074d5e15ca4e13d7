// Counts the files, functions and calls of the library that each kind of warm trip enters. V8 counts them in the built
// library, and source maps lead to the files of src/, so that a bundle gives the same figures as separate files:
//   npm run build && node test/benchmarks/trips.mjs [--files] [--functions] [--json] [--without-users]
//     [LIBRARY_DIR …]
// The application runs on Express. One of its resources has slices, the other has no slices, views or relations. Each
// trip is counted in an application that knows no users, and, unless the option says so, in one that does. One socket
// watches the resource, another one sends requests. Functions of Nest, Socket.IO and the clients are not counted.
import { parseArgs } from 'node:util';
import { findLibrary, OWN_BUILD } from './built-library.mjs';
import { childResult } from './child-result.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'boolean' },
    functions: { type: 'boolean' },
    json: { type: 'boolean' },
    'without-users': { type: 'boolean' },
  },
});

const callsOf = (functions) => functions.reduce((sum, { calls }) => sum + calls, 0);

function countBy(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}

const filesOf = (functions) => [...new Set(functions.map(({ file }) => file))].toSorted((a, b) => a.localeCompare(b));

const folderOf = (file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.');

function printFiles(functions) {
  for (const file of filesOf(functions)) {
    const inFile = functions.filter((one) => one.file === file);
    const names = values.functions ? `: ${inFile.map(({ name, calls }) => `${name} ${calls}`).join(', ')}` : '';
    process.stdout.write(`- ${file} ${inFile.length} functions, ${callsOf(inFile)} calls${names}\n`);
  }
}

function print(directory, trips) {
  process.stdout.write(`\n## ${directory}\n\n`);
  process.stdout.write('| Trip | files | functions | calls | files per folder |\n| --- | --- | --- | --- | --- |\n');
  for (const [trip, functions] of Object.entries(trips)) {
    const files = filesOf(functions);
    const folders = countBy(files, folderOf).map((entry) => entry.join(' '));
    const cells = [trip, files.length, functions.length, callsOf(functions), folders.join(', ')];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
  if (!values.files && !values.functions) return;
  for (const [trip, functions] of Object.entries(trips)) {
    process.stdout.write(`\n### ${trip}\n\n`);
    printFiles(functions);
  }
}

const found = {};
for (const directory of positionals.length > 0 ? positionals : [OWN_BUILD]) {
  const library = findLibrary(directory);
  const among = (knowsUsers) => childResult('trips-application.mjs', { directory: library, knowsUsers });
  const counted = values['without-users'] ? {} : await among(true);
  const users = Object.entries(counted).map(([trip, functions]) => [`${trip}, among users`, functions]);
  found[directory] = { ...(await among(false)), ...Object.fromEntries(users) };
  if (!values.json) print(directory, found[directory]);
}
if (values.json) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
