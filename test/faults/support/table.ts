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
    `${availableParallelism()} cores, ${type()}, Node ${process.versions.node}; Nest ${twelve} and ${older}, ` +
    `Socket.IO ${version('socket.io')}; server, attackers and healthy client on one machine`
  );
}

/** One table for each suite, with a row for each thing that was done, and a column for each server it was done to. */
export function tablesOf(results: readonly Result[]): string {
  const suites = [...new Set(results.map(({ suite }) => suite))];
  return suites
    .map((suite) => `### ${suite}\n\n${tableOf(results.filter((result) => result.suite === suite))}`)
    .join('\n\n');
}

function tableOf(results: readonly Result[]): string {
  const subjects = [...new Set(results.map(({ subject }) => subject))];
  const rows = [...new Set(results.map(({ what }) => what))];
  return [
    ['What is done', ...subjects],
    ['---', ...subjects.map(() => '---')],
    ...rows.map((row) => [
      row,
      ...subjects.map((subject) => cell(results.filter((one) => one.what === row && one.subject === subject))),
    ]),
  ]
    .map((cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** What came of something that was tried once, or in many variants. */
function cell(results: readonly Result[]): string {
  const texts = [...new Set(results.map(({ result }) => result))];
  if (texts.length === 0) return '–';
  if (texts.length === 1) return texts[0];
  const failed = results.filter(({ faults }) => faults.length > 0);
  if (failed.length === 0) return texts.join('; on Nest 11: ');
  const deaths = failed.filter(({ faults }) => faults[0]?.startsWith('the process died')).length;
  const held = `${results.length - failed.length} of ${results.length} as required`;
  return deaths > 0 ? `${held}; **the process died ${deaths} times**` : held;
}
