import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';
import { snippetsOf } from './support/snippets.js';

/** The applications that the documents show whole, started as they stand there. */
const children: Child[] = [];

beforeAll(requireBuild);

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
});

describe('The first minute of the README', () => {
  test('tells the client about the user that curl creates', async () => {
    const url = await serve(snippetWith('README.md', 'class AppModule'));
    const client = run(snippetWith('README.md', 'connect('), url);
    await client.wrote(/(0 users)/);

    await runInShell(blockWith('README.md', 'curl'), url);

    expect(await client.wrote(/(welcome .*)/)).toBe('welcome ada');
  });
});

describe('The gateways of the documents', () => {
  const page = 'docs/gateways.md';

  test('publish invoices in their namespace', async () => {
    const url = await serve(snippetWith(page, 'class StaffGateway'));
    const staff = run(`${snippetWith(page, 'localhost:3000/staff')}\nconsole.log('reading');`, url);
    await staff.wrote(/(reading)/);

    await post(`${url}/invoices`, { total: 5 });

    expect(await staff.wrote(/(a new invoice .*)/)).toBe('a new invoice of 5');
  });

  test('react to publications', async () => {
    const url = await serve(snippetWith(page, 'class DashboardGateway'));
    const dashboard = run(
      `import { io } from 'socket.io-client';
       const socket = io('http://localhost:3000/dashboard');
       socket.on('turnover', (turnover) => console.log('turnover', turnover));
       socket.on('connect', () => console.log('connected'));`,
      url,
    );
    await dashboard.wrote(/(connected)/);

    await post(`${url}/invoices`, { total: 5 });
    await post(`${url}/invoices`, { total: 7 });

    expect(await dashboard.wrote(/turnover 5\nturnover (\d+)/)).toBe('12');
  });
});

/** Starts the application on a free port. */
async function serve(source: string): Promise<string> {
  const main = `
    import { NestFactory } from '@nestjs/core';
    const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
    await app.listen(0, '127.0.0.1');
    console.log('listening at', await app.getUrl());`;
  return run(source + main).wrote(/listening at (\S+)/);
}

/** Runs a module in the package's own folder, where `nestjs-sockets` is what was built. */
function run(source: string, url?: string): Child {
  const { outputText } = ts.transpileModule(source.replaceAll('http://localhost:3000', url ?? ''), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  return started(Child.start(process.execPath, ['--input-type=module', '--eval', outputText], root));
}

async function runInShell(script: string, url: string): Promise<void> {
  await started(Child.start('sh', ['-ec', script.replaceAll('http://localhost:3000', url)], root)).succeeded();
}

function started(child: Child): Child {
  children.push(child);
  return child;
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(status).toBe(201);
}

function snippetWith(file: string, text: string): string {
  const found = snippetsOf(file).map(({ context, code }) => [...context, ...code].join('\n'));
  return only(found, text);
}

function blockWith(file: string, text: string): string {
  const blocks = readFileSync(join(root, file), 'utf8').matchAll(/^```sh\n(.*?)^```/gms);
  return only(
    [...blocks].map(([, code = '']) => code),
    text,
  );
}

function only(texts: readonly string[], text: string): string {
  const [found, ...more] = texts.filter((one) => one.includes(text));
  if (found === undefined || more.length > 0) throw new Error(`There must be one block with "${text}"`);
  return found;
}
