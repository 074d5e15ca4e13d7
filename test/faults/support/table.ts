import { createRequire } from 'node:module';
import { availableParallelism, type } from 'node:os';
import type { Result } from './record.js';

const require = createRequire(import.meta.url);
const eleven = createRequire(new URL('../../nest-11/package.json', import.meta.url));

/** What was measured with. */
export function setting(): string {
  const version = (name: string, from = require) => (from(`${name}/package.json`) as { version: string }).version;
  const [twelve, older] = [version('@nestjs/core'), version('@nestjs/core', eleven)];
  return (
    `${availableParallelism()} cores, ${type()}, Node ${process.versions.node}, Nest ${twelve} and ${older}, ` +
    `Socket.IO ${version('socket.io')};\nserver, attackers and healthy clients on one machine`
  );
}

/** The suites in the order of their tables, which is not that in which they are run, and what their rows are. */
const SUITES = {
  Inputs: 'What is done',
  Fuzz: 'What is done',
  'Slow readers': 'What is done',
  Limits: 'What is done',
  Delivery: 'What happens',
  'Secrets and side doors': 'What is looked for',
  'Knock-outs': 'Guarantee',
};

export type Suite = keyof typeof SUITES;

/** One table for each suite, with a row for each thing that was done, and a column for each server it was done to. */
export function tablesOf(results: readonly Result[]): string {
  return Object.entries(SUITES)
    .map(([suite, rows]) => ({ suite, rows, of: results.filter((result) => result.suite === suite) }))
    .filter(({ of }) => of.length > 0)
    .map(({ suite, rows, of }) => `### ${suite}\n\n${tableOf(rows, of)}`)
    .join('\n\n');
}

function tableOf(kind: string, results: readonly Result[]): string {
  const subjects = [...new Set(results.map(({ subject }) => subject))];
  const rows = [...new Set(results.map(({ what }) => what))];
  return [
    [kind, ...subjects],
    ['---', ...subjects.map(() => '---')],
    ...rows.map((row) => [
      row,
      ...subjects.map((subject) => cell(results.filter((one) => one.what === row && one.subject === subject))),
    ]),
  ]
    .map((cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** What came of something that was tried once, or in many variants; in bold if it is not as required. */
function cell(results: readonly Result[]): string {
  const failed = results.filter(({ faults }) => faults.length > 0);
  const texts = [...new Set(results.map(({ result }) => result))];
  if (texts.length === 0) return '–';
  if (failed.length === 0) return texts.join('; on Nest 11: ');
  if (texts.length === 1) return `**${texts[0]}**`;
  const deaths = failed.filter(({ faults }) => faults[0]?.startsWith('the process died')).length;
  const died = deaths === 0 ? '' : `; the process died ${deaths === 1 ? 'once' : `${deaths} times`}`;
  return `**${results.length - failed.length} of ${results.length} as required${died}**`;
}

/** Puts the rows of new tables in the place of old ones about the same, and keeps the others. */
export function merge(old: string, tables: string): string {
  const [before, after] = [rowsOf(old), rowsOf(tables)];
  const merged = Object.keys(SUITES).flatMap((title) => {
    const rows = new Map([...(before.get(title) ?? []), ...(after.get(title) ?? [])]);
    const columns = [...new Set([...rows.values()].flatMap((row) => Object.keys(row)))];
    const lines = [...rows.values()].map((row) => columns.map((column) => row[column] ?? '–'));
    const all = [columns, columns.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
    return rows.size > 0 ? [`### ${title}\n\n${all.join('\n')}`] : [];
  });
  return [tables.split('\n\n### ')[0], ...merged].join('\n\n');
}

/** What each table says of each row's subject, by the titles of the columns. */
function rowsOf(tables: string): Map<string, Map<string, Record<string, string>>> {
  const [, ...sections] = tables.split(/^### /m);
  return new Map(
    sections.map((section) => {
      const [columns, , ...rows] = section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map(cellsOf);
      const named = (cells: readonly string[]) => Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
      return [section.split('\n')[0], new Map(rows.map((cells) => [cells[0], named(cells)]))];
    }),
  );
}

const cellsOf = (line: string): string[] => line.slice(2, -2).split(' | ');
