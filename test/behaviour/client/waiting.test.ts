import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { stopClock } from '../../support/clock.js';
import type { SocketsClient } from '../../../src/front-ends/client/index.js';
import { client, failure, reaches } from './support/client.js';
import { startDesk } from './support/desk.js';
import { Line } from './support/line.js';

/** The namespaces of the requests, in the order in which they are sent. */
function namespacesAskedBy(clients: readonly SocketsClient[]): string[] {
  const sent: string[] = [];
  for (const { socket } of clients) {
    socket.onAnyOutgoing(() => sent.push((socket as unknown as { nsp: string }).nsp));
  }
  return sent;
}

/** The most requests that have been in flight at once since. */
function mostAtOnceBy({ socket }: SocketsClient): () => number {
  let [now, most] = [0, 0];
  socket.onAnyOutgoing(() => (most = Math.max(most, ++now)));
  onAnswer(socket, () => now--);
  return () => most;
}

function onAnswer({ io }: SocketsClient['socket'], listener: (statusCode: number | undefined) => void): void {
  // Not among the events that its types know.
  io.on(
    'packet' as 'open',
    ((packet: { data?: [{ statusCode?: number }] }) => {
      listener(packet.data?.[0]?.statusCode);
    }) as () => void,
  );
}

/** Resolves when the server has answered this many times that it has no room. */
function refusalsTo({ socket }: SocketsClient, count: number): Promise<void> {
  return new Promise((resolve) => {
    let refused = 0;
    onAnswer(socket, (statusCode) => {
      if (statusCode === 429 && ++refused === count) resolve();
    });
  });
}

describe('A request without a connection', () => {
  it('waits for it, in the order of the calls', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const sockets = client(line.url);

    const answers = ['a', 'b', 'c'].map((text) => sockets.post('/notes', { text }));
    await new Promise<void>((resolve) => sockets.socket.once('connect_error', () => resolve()));
    expect(journal.entries).toEqual([]);
    line.mend();

    expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
    expect(journal.entries).toEqual(['a', 'b', 'c']);
  });

  it('waits until it is back', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    await reaches(sockets, 'connected');
    line.cut();
    await reaches(sockets, 'reconnecting');

    const answer = sockets.post('/notes', { text: 'a' });
    line.mend();

    expect((await answer).statusCode).toBe(201);
    expect(journal.entries).toEqual(['a']);
  });

  it('fails when its time is over, says that it was not sent and why, and is not sent later', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const sockets = client(line.url);
    const told = new Promise<void>((resolve) => sockets.socket.once('connect_error', () => resolve()));
    await told;

    const error = await failure(sockets.post('/notes', { text: 'a' }, { timeout: 30 }));

    expect(error).toMatchObject({
      code: 'TIMEOUT',
      statusCode: 0,
      sent: false,
      message: expect.stringMatching(/^POST \/notes: no connection \(The server cannot be reached: .+\) within 30 ms$/),
      cause: { code: 'SERVER_UNREACHABLE' },
    });
    line.mend();
    await sockets.get('/notes');
    expect(journal.entries).toEqual(['read']);
  });

  it('is never sent when its signal aborts, and rejects with the reason', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const sockets = client(line.url);
    const controller = new AbortController();
    const reason = new Error('the page was left');

    const answer = sockets.post('/notes', { text: 'a' }, { signal: controller.signal });
    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    line.mend();
    await sockets.get('/notes');
    expect(journal.entries).toEqual(['read']);
  });

  it('leaves no more than the server keeps on the wire, so that many that waited all succeed', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);

    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => sockets.post('/echo', { n })));

    expect(answers.map(({ body }) => (body as { body: { n: number } }).body.n)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
  });
});

describe('A request for which the server has no room', () => {
  it('waits until it has, and is done once', async () => {
    const { app, journal } = await startDesk({
      imports: [SocketsModule.forRoot({ requests: { concurrency: 1, queue: 3 } })],
    });
    const sockets = client(app.url);
    const texts = Array.from({ length: 100 }, (_, n) => `note ${n}`);

    const answers = await Promise.all(texts.map((text) => sockets.post('/notes', { text })));

    expect(answers.map(({ statusCode }) => statusCode)).toEqual(texts.map(() => 201));
    expect(journal.entries.toSorted()).toEqual(texts.toSorted());
  });

  it('waits until it has, where many namespaces share a connection', async () => {
    const { app } = await startDesk();
    const namespaces = ['/a', '/b', '/c', '/d'];
    for (const namespace of namespaces) app.sockets.server.of(namespace);
    const clients = namespaces.map((namespace) => client(app.url + namespace, { forceNew: false }));
    await Promise.all(clients.map((sockets) => reaches(sockets, 'connected')));
    const sent = namespacesAskedBy(clients);

    const answers = clients.flatMap((sockets) => Array.from({ length: 64 }, (_, n) => sockets.post('/echo', { n })));

    expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200));
    expect(new Set(clients.map(({ socket }) => socket.io)).size).toBe(1);
    // As soon as there is room again they take turns.
    expect(new Set(sent.slice(32, 36))).toEqual(new Set(namespaces));
  });

  it('is asked again where this client has nothing else under way', async () => {
    const { app, journal, desk } = await startDesk({
      imports: [SocketsModule.forRoot({ requests: { concurrency: 1, queue: 0 } })],
    });
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    sockets.socket.emit('get', { url: '/gate/a' }, () => undefined);
    await journal.has('a');

    const refusals = refusalsTo(sockets, 2);
    const answer = sockets.get('/notes');
    await refusals;
    desk.openGate();

    expect((await answer).statusCode).toBe(200);
    expect(journal.entries).toEqual(['a', 'read']);
  });

  it('waits no longer than that: what comes later is sent as many at once as before', async () => {
    const { app, journal, desk } = await startDesk({
      imports: [SocketsModule.forRoot({ requests: { concurrency: 4, queue: 0 } })],
    });
    const sockets = client(app.url);
    const held = ['a', 'b', 'c'].map((name) => sockets.get(`/gate/${name}`));
    await journal.has('c');
    sockets.socket.emit('get', { url: '/gate/d' }, () => undefined);
    await journal.has('d');
    const refusals = refusalsTo(sockets, 1);
    const refused = sockets.get('/notes');
    await refusals;
    desk.openGate();
    await Promise.all([...held, refused]);
    // Room comes back little by little, with each answer.
    for (let n = 0; n < 10; n++) await sockets.get('/echo');

    const most = mostAtOnceBy(sockets);
    await Promise.all(Array.from({ length: 20 }, () => sockets.get('/echo')));

    expect(most()).toBeGreaterThanOrEqual(4);
  });

  it('fails when its time is over, says that nothing was done, and is not sent later', async () => {
    const { app, journal, desk } = await startDesk({
      imports: [SocketsModule.forRoot({ requests: { concurrency: 1, queue: 0 } })],
    });
    const sockets = client(app.url);
    const held = sockets.get('/gate/a');
    await journal.has('a');

    const error = await failure(sockets.post('/notes', { text: 'late' }, { timeout: 100 }));
    desk.openGate();
    await held;
    await sockets.get('/notes');

    expect(error).toMatchObject({
      code: 'TIMEOUT',
      statusCode: 0,
      sent: false,
      message: 'POST /notes: no room for it within 100 ms',
    });
    expect(journal.entries).toEqual(['a', 'read']);
  });
});

describe('A request without an answer', () => {
  it('fails when its time is over, and says that it was sent', async () => {
    const clock = stopClock();
    const { app, journal } = await startDesk();
    const answer = failure(client(app.url, { requestTimeout: 100 }).get('/gate/a'));
    await journal.has('a');

    await clock.pass(100);

    expect(await answer).toMatchObject({
      code: 'TIMEOUT',
      statusCode: 0,
      sent: true,
      message: 'GET /gate/a: no answer within 100 ms',
    });
  });

  it('has one outcome: what comes too late is dropped', async () => {
    const { app, journal, desk } = await startDesk();
    const sockets = client(app.url);
    const controller = new AbortController();
    const answer = sockets.get('/gate/a', undefined, { signal: controller.signal });
    await journal.has('a');

    controller.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    desk.openGate();

    expect((await sockets.get('/gate/b')).body).toEqual({ name: 'b' });
  });

  it('that is aborted before it begins is not sent', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    await expect(sockets.post('/notes', { text: 'a' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });

    await sockets.get('/notes');
    expect(journal.entries).toEqual(['read']);
  });

  it('leaves no listener on its signal, however it ends', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners.add(args[1]);
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners.delete(args[1]);
      removeEventListener.apply(signal, args);
    };

    await sockets.get('/notes', undefined, { signal });
    await failure(sockets.get('/nothing', undefined, { signal }));
    await failure(sockets.get('/gate/a', undefined, { signal, timeout: 20 }));

    expect(listeners.size).toBe(0);
  });
});

describe('A server that does not speak the protocol', () => {
  it('is told from one that refuses', async () => {
    const { Server } = await import('socket.io');
    const http = createServer();
    const io = new Server(http);
    onTestFinished(() => void io.close());
    io.on('connection', (socket) => socket.on('get', (_, answer: (text: string) => void) => answer('hello')));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as { port: number };

    const error = await failure(client(`http://127.0.0.1:${port}`).get('/notes'));

    expect(error).toMatchObject({ code: 'INVALID_ANSWER', statusCode: 0, body: 'hello', sent: true });
  });
});
