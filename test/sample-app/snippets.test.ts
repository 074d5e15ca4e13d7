import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type SocketsClient } from '../../src/front-ends/client/index.js';
import { RunningApp } from './support/running-app.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** Runs the snippets of the sample application's README as they stand there. */
describe('The README of the sample application', () => {
  let app: RunningApp;
  let folder: string;
  let grace: SocketsClient;
  let snippets: string[];

  beforeAll(async () => {
    app = await RunningApp.start();
    folder = await mkdtemp(join(tmpdir(), 'snippets-'));
    grace = connect(app.url, { extraHeaders: { cookie: await app.signIn('Grace Hopper') } });
    await grace.get('/boards/1/cards');
    const readme = await readFile(join(root, 'sample-app/README.md'), 'utf8');
    snippets = [...readme.matchAll(/^```(?:sh|js)\n(.*?)^```/gms)].map(([, text]) =>
      text.replaceAll('http://localhost:3000', app.url),
    );
  });

  afterAll(async () => {
    grace?.close();
    await app?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const snippetWith = (text: string): string => {
    const found = snippets.filter((snippet) => snippet.includes(text));
    expect(found).toHaveLength(1);
    return found[0];
  };

  const heardByGrace = (): Promise<unknown> => new Promise((resolve) => grace.once('card', resolve));

  /** Runs in the root folder, which has the packages that readers are told to install. */
  const runInNode = (source: string) =>
    run(process.execPath, ['--input-type=module', '--eval', source], { cwd: root, timeout: 120_000 });

  it('has a snippet for curl that signs in, reads a board and changes a card', async () => {
    const heard = heardByGrace();

    const { stdout } = await run('sh', ['-ec', snippetWith('curl ')], { cwd: folder });

    expect(stdout).toContain('{"id":1,"name":"Ada Lovelace"}');
    expect(stdout).toContain('"title":"Mend the greenhouse door"');
    const data = expect.objectContaining({ title: 'Order seed potatoes, and onions' }) as object;
    await expect(heard).resolves.toMatchObject({ verb: 'updated', id: 1, data });
  });

  it('has one for sails.io.js that does the same over the socket', async () => {
    const heard = heardByGrace();
    // This repository has version 2 under another name, next to version 4.
    const source = snippetWith('sails.io.js').replace("'socket.io-client'", "'socket.io-client-2'");

    const { stdout } = await runInNode(source);

    expect(stdout).toMatch(/\d+ cards\nOrder seed potatoes, and garlic\n/);
    expect(stdout).not.toContain('heard');
    await expect(heard).resolves.toMatchObject({ verb: 'updated', id: 1 });
  });

  it('has one for our client that does the same', async () => {
    const heard = heardByGrace();

    const { stdout } = await runInNode(snippetWith('nestjs-sockets/client'));

    expect(stdout).toBe('7 cards\nOrder seed potatoes, and leeks\n');
    await expect(heard).resolves.toMatchObject({ verb: 'updated', id: 1 });
  });
});
