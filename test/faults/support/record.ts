import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { merge, setting, type Suite, tablesOf } from './table.js';

const folder = fileURLToPath(new URL('../results', import.meta.url));
const document = fileURLToPath(new URL('../../../docs/reliability.md', import.meta.url));
const lines = join(folder, 'lines.jsonl');

/** One result: what was done to whom, and what came of it. */
export interface Result {
  suite: Suite;
  what: string;
  subject: string;
  /** What is shown in the table. */
  result: string;
  faults: string[];
}

/** Forgets what a run that was ended early has left. */
export function beginRecord(): void {
  rmSync(lines, { force: true });
}

/** Keeps a result until the run is over. */
export function record(result: Result): void {
  mkdirSync(folder, { recursive: true });
  appendFileSync(lines, `${JSON.stringify(result)}\n`);
}

/** A complaint as the table has it, without what only helps to find out why. */
export const inShort = (complaint: string): string => complaint.replace(/; it is .*/s, '');

/** Writes down all results, for machines and for people. */
export function finishRecord(full: boolean): void {
  if (!existsSync(lines)) return;
  const results = readFileSync(lines, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result);
  rmSync(lines);
  const tables = `Measured with: ${setting()}.\n\n${tablesOf(results)}`;
  writeFileSync(join(folder, full ? 'full.json' : 'short.json'), JSON.stringify(results, null, 2));
  writeFileSync(join(folder, full ? 'full.md' : 'short.md'), `${tables}\n`);
  process.stdout.write(`\n${tables}\n`);
  if (process.env.FAULTS === 'write') writeInto(document, tables);
}

/** Replaces what a document has between two comments, but keeps the rows of what was not tried this time. */
function writeInto(file: string, tables: string): void {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- measured -->', '<!-- /measured -->'].map((comment) => text.indexOf(comment));
  const written = merge(text.slice(begin + '<!-- measured -->'.length, end), tables);
  writeFileSync(file, `${text.slice(0, begin)}<!-- measured -->\n\n${written}\n\n${text.slice(end)}`);
}
