// Measures how long an application takes to boot, from NestFactory.create() until it listens, and to close, with 1 and
// with 200 decorated routes. Compares several built libraries with each other and with bare Nest, in one run:
//   npm run build && node test/benchmarks/boot.mjs [--rounds=7] [--json] [LIBRARY_DIR …]
// Every boot runs in a new process, and the figures are medians. On a busy machine, trust the CPU time (all threads of
// the process) more than the elapsed time.
import { parseArgs } from 'node:util';
import { findLibrary, OWN_BUILD } from './built-library.mjs';
import { childResult } from './child-result.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
});
const ROUNDS = Number(values.rounds);
const named = (positionals.length > 0 ? positionals : [OWN_BUILD]).map((name) => ({
  name,
  library: findLibrary(name),
}));
const SUBJECTS = [{ name: 'bare Nest', library: named[0].library, bare: true }, ...named];
const PHASES = ['import', 'boot', 'close'];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const medians = (figures) => ({ ms: median(figures.map(({ ms }) => ms)), cpu: median(figures.map(({ cpu }) => cpu)) });

/** Boots each subject once a round. A different one goes first in each round. */
async function compare(platform, routes) {
  const found = SUBJECTS.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < SUBJECTS.length; turn++) {
      const index = (round + turn) % SUBJECTS.length;
      const { library, bare } = SUBJECTS[index];
      found[index].push(await childResult('boot-application.mjs', { library, bare, routes, platform }));
    }
  }
  return SUBJECTS.map(({ name }, index) => ({
    platform,
    routes,
    name,
    ...Object.fromEntries(PHASES.map((phase) => [phase, medians(found[index].map((figures) => figures[phase]))])),
  }));
}

function printRows(rows) {
  const [bare] = rows;
  for (const row of rows) {
    const figures = PHASES.flatMap((phase) => [row[phase].ms, row[phase].cpu]);
    const cells = [row.platform, row.routes, row.name, ...[...figures, row.boot.cpu - bare.boot.cpu].map(rounded)];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

const rounded = (ms) => ms.toFixed(ms < 10 ? 1 : 0);

if (!values.json) {
  const columns = ['Platform', 'Routes', 'Library', ...PHASES.flatMap((phase) => [`${phase} ms`, 'CPU ms'])];
  process.stdout.write(`Node ${process.version}, medians of ${ROUNDS} boots, each in a new process\n\n`);
  process.stdout.write(`| ${columns.join(' | ')} | boot CPU ms over bare Nest |\n|${' --- |'.repeat(10)}\n`);
}
const all = [];
for (const platform of ['express', 'fastify']) {
  for (const routes of [1, 200]) {
    const rows = await compare(platform, routes);
    all.push(...rows);
    if (!values.json) printRows(rows);
  }
}
const report = { node: process.version, rounds: ROUNDS, all };
if (values.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
