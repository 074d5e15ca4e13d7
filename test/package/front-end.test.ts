import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Note, startDesk } from '../behaviour/client/support/desk.js';
import { root } from './support/repository.js';
import { type Project, Workshop } from './support/workshop.js';

const tsc = join(root, 'node_modules/typescript/bin/tsc');

let workshop: Workshop;
let page: Project;

beforeAll(async () => {
  workshop = await Workshop.open();
  page = await workshop.install('front-end');
});

afterAll(() => workshop.close());

describe('A front end', () => {
  test('gets socket.io-client, and nothing that only a server needs', async () => {
    const packages = await page.packages();

    expect(packages).toContain('nestjs-sockets');
    expect(packages.filter((name) => !/^(nestjs-sockets|(socket|engine)\.io-\w+|@socket\.io\/.+)$/.test(name))).toEqual(
      ['debug', 'ms', 'ws', 'xmlhttprequest-ssl'],
    );
  });

  test('compiles where what may be left out is not what may be undefined', async () => {
    expect(await page.run(tsc)).toBe('');
  });

  test('compiles, declarations of the library included', async () => {
    expect(await page.run(tsc, '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', 'false')).toBe('');
  });

  test('reads, hears of what happens, and knows the errors of the client', async () => {
    const { app } = await startDesk();
    const program = page.start(
      '--input-type=module',
      '--eval',
      `import { main } from './dist/main.js';
       await main('${app.url}', console.log);`,
    );
    await program.wrote(/(first)/);

    await app.channel<Note>('note').publishCreate({ id: 2, text: 'news' });

    expect(await program.succeeded()).toBe('first\nnews\nno more: 404\n');
  });
});
