import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, MissingPackageError, SocketsModule, WrongProcessError } from '../../../../src/index.js';
import { nodeCluster } from '../../../../src/server/cluster/engines/node-cluster.js';
import { requirePackage } from '../../../../src/server/cluster/engines/required-package.js';
import { start } from '../../../support/application.js';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { connect, type TestClient } from '../../../support/client.js';
import { platform } from '../../../support/platforms.js';
import { expectRefusal } from '../../../support/refusal.js';

interface Read {
  statusCode: number;
  body: { id: number; worker: number };
}

async function startWorkers(count = 2): Promise<{ primary: ChildProcess; url: string }> {
  const primary = startProgram('workers', { PLATFORM: platform.name, WORKERS: String(count) });
  return { primary, url: `http://127.0.0.1:${String(await nextMessage(primary))}` };
}

/** Connects as clients do by default: by polling, and then by a websocket. */
const connectByPolling = (url: string): Promise<TestClient> => connect(url, { transports: ['polling', 'websocket'] });

/** @returns the process that the client is connected to */
async function workerOf({ socket }: TestClient): Promise<number> {
  const { body } = (await socket.emitWithAck('get', { url: '/cards/1' })) as Read;
  return body.worker;
}

/** Two clients, of different workers. */
async function connectTwo(url: string): Promise<[near: TestClient, far: TestClient]> {
  const near = await connectByPolling(url);
  const worker = await workerOf(near);
  for (;;) {
    const far = await connectByPolling(url);
    if ((await workerOf(far)) !== worker) return [near, far];
  }
}

describe('workers of one primary', () => {
  it('serve clients that begin by polling, each by one worker', async () => {
    const { url } = await startWorkers(3);

    const clients = await Promise.all(Array.from({ length: 12 }, () => connectByPolling(url)));
    const stayed = await Promise.all(
      Array.from({ length: 6 }, () => connect(url, { transports: ['polling'], upgrade: false })),
    );

    for (const client of stayed) {
      const workers = [await workerOf(client), await workerOf(client)];
      expect(workers[0]).toBe(workers[1]);
    }
    expect(new Set(await Promise.all(clients.map(workerOf))).size).toBeGreaterThan(1);
  });

  it('tell each other what is published, in order, and answer requests over HTTP', async () => {
    const { url } = await startWorkers();
    const [near, far] = await connectTwo(url);

    for (let title = 0; title < 20; title++) {
      const answer = await near.socket.emitWithAck('patch', { url: '/cards/1', data: { title } });
      expect(answer).toMatchObject({ statusCode: 200 });
    }
    const headers = { 'content-type': 'application/json' };
    const long = 'x'.repeat(100_000);
    const patched = await fetch(`${url}/cards/1`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ note: 'by HTTP' }),
    });
    const large = await fetch(`${url}/cards/2`, { method: 'PATCH', headers, body: JSON.stringify({ long }) });
    expect(await patched.json()).toEqual({ id: 1, note: 'by HTTP' });
    expect([200, 413]).toContain(large.status);
    await far.next<{ data?: { note?: string } }>('card', ({ data }) => data?.note === 'by HTTP');
    await near.socket.emitWithAck('delete', { url: '/cards/1' });

    await far.next<{ verb: string }>('card', ({ verb }) => verb === 'destroyed');
    const titles = (far.heard('card') as Array<{ data?: { title?: number } }>).map(({ data }) => data?.title);
    expect(titles.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, title) => title));
  });

  it('move the sockets of each other, and say where they are', async () => {
    const { url } = await startWorkers();
    const [near, far] = await connectTwo(url);

    const { body } = (await near.socket.emitWithAck('post', { url: `/cards/moves/${far.id}` })) as {
      body: { in: string[] };
    };

    await far.next('last');
    expect(far.heard('hello')).toEqual([1]);
    expect(body.in).toContain(far.id);
    expect(body.in).not.toContain('team');
  });

  it('go on when one of them is killed', async () => {
    const { primary, url } = await startWorkers(2);
    await connectTwo(url);

    primary.send('end a worker');
    expect(await nextMessage(primary)).toBe('ended');

    const clients = await Promise.all(Array.from({ length: 4 }, () => connectByPolling(url)));
    expect(new Set(await Promise.all(clients.map(workerOf))).size).toBe(1);
  });

  it('do not start when their primary does not carry their messages, and say what it has to call', async () => {
    const primary = startProgram('workers', { PLATFORM: platform.name, WORKERS: '1', SETUP: 'none' });
    await nextMessage(primary);

    expect(await nextMessage(primary)).toMatch(
      /nodeCluster\(\) \}\) could not be connected.*the primary process has not called setupPrimary\(\)/,
    );
  });
});

describe('nodeCluster()', () => {
  it('refuses a process that is no worker, and says what to do', async () => {
    const starting = start({ imports: [SocketsModule.forRoot({ cluster: nodeCluster() })] });

    await expectRefusal(starting, WrongProcessError, 'WRONG_PROCESS', 'cluster.fork()', 'setupPrimary()');
  });

  it('refuses options that it has not', async () => {
    await expectRefusal(
      () => nodeCluster({ url: 'x' } as never),
      InvalidOptionsError,
      'INVALID_OPTIONS',
      'cluster.url',
    );
  });
});

describe('a package that only one engine needs', () => {
  it.for([
    ['not installed', '@socket.io/carrier-pigeon-adapter', '1.0.0', /npm install @socket\.io\/carrier-pigeon-adapter/],
    ['too old', '@socket.io/sticky', '99.0.0', /but 2\.0\.1 is installed/],
  ] as const)('is named if it is %s', async ([, name, minimum, words]) => {
    await expectRefusal(
      () => requirePackage('pigeons()', name, minimum),
      MissingPackageError,
      'MISSING_PACKAGE',
      words,
    );
  });
});
