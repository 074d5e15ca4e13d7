import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/module/sockets.options.js';
import { resolveRequestsOptions } from '../../src/requests/requests.options.js';
import { resolveRelayOptions } from '../../src/rooms/relay/relay.options.js';
import { REFUSAL_KINDS } from '../../src/server/metrics.js';
import { root } from './support/repository.js';

interface Row {
  limit: string;
  default: string;
  option: string;
  answer: string;
  counter: string;
}

const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');
const [, table = ''] = /\n\| Limit \| Default \|.*\n\| ---.*\n((?:\|.*\n)+)/.exec(page) ?? [];
const rows = table
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, limit]) => !limit.startsWith('**'))
  .map(([, limit, byDefault, option, answer, counter]): Row => ({
    limit,
    default: byDefault,
    option,
    answer,
    counter,
  }));

/** The names in code of a cell, such as `limits.maxKeys`. */
const named = (cell: string): string[] => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name]) => name);

const { limits, ...options } = resolveOptions({});
const relay = resolveRelayOptions({ to: 'room' });

/** The default of every option that the table may name; `undefined` for those whose default is not a number. */
const defaults = new Map<string, unknown>([
  ...Object.entries(options),
  ...Object.entries({ ...limits, addressOf: undefined }).map(([name, value]) => [`limits.${name}`, value] as const),
  ...Object.entries(resolveRequestsOptions({})).map(([name, value]) => [`requests.${name}`, value] as const),
]);

describe('The table of limits', () => {
  it.each([...defaults.keys()].filter((name) => name.startsWith('limits.')))('names %s once', (name) => {
    expect(rows.filter(({ option }) => named(option).includes(name))).toHaveLength(1);
  });

  it.each(rows.map((row) => [row.limit, row] as const))('has the default of the code: %s', (_, row) => {
    const [option] = named(row.option);
    const value = defaults.get(option);
    if (typeof value === 'number') expect(row.default).toBe(String(value));
    expect(row).toEqual({
      limit: expect.stringMatching(/\S/) as string,
      default: expect.stringMatching(/\S/) as string,
      option: expect.stringMatching(/\S/) as string,
      answer: expect.stringMatching(/\S/) as string,
      counter: expect.stringMatching(/^(–|`\w+`)$/) as string,
    });
  });

  it('has the defaults of signals', () => {
    const defaultOf = (name: string): string | undefined =>
      rows.find(({ option }) => option === `\`${name}\` of \`@Relay\``)?.default;
    expect(defaultOf('rate')).toBe(String(relay.rate));
    expect(defaultOf('maxSize')).toBe(String(relay.maxSize));
    expect(relay.burst).toBe(2 * relay.rate);
  });

  it('names every counter, and none that is not there', () => {
    const kinds = [...REFUSAL_KINDS];
    expect([...new Set(rows.flatMap(({ counter }) => named(counter)))].sort()).toEqual(kinds.sort());
  });
});
