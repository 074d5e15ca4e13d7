import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isReserved } from '../../src/requests/packet/header-kinds.js';
import { IDENTITY_HEADERS, NOT_IDENTITY } from '../../src/requests/packet/identity-headers.js';
import { root } from './support/repository.js';

/** Reads the rows of a table in the documents: what is before the headers, and the headers. */
function documentedHeaders(): Array<[by: string, headers: string[]]> {
  const page = readFileSync(join(root, 'docs/requests.md'), 'utf8');
  const [, section = ''] = page.split('## Headers that no request can set');
  const rows = section.split('\n## ')[0].matchAll(/^\| ([^|`]+) \| (`.*`) \|$/gm);
  return Array.from(rows, ([, by, headers]) => [by, headers.split(', ').map((header) => header.replaceAll('`', ''))]);
}

describe('The headers in which proxies say who is asking', () => {
  it('are those of the table in docs/requests.md', () => {
    expect(documentedHeaders()).toEqual(Object.entries(IDENTITY_HEADERS));
  });

  it('are reserved, whatever stands in the place of a star, and however they are spelled', () => {
    for (const pattern of Object.values(IDENTITY_HEADERS).flat()) {
      const name = pattern.replaceAll('*', 'anything');
      for (const spelled of [name, name.toUpperCase(), name.replaceAll('-', '_'), `${name} `]) {
        expect([spelled, isReserved(spelled)]).toEqual([spelled, true]);
      }
    }
    for (const name of NOT_IDENTITY) expect([name, isReserved(name)]).toEqual([name, false]);
  });
});
