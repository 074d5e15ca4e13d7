import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { platforms } from '../../support/platforms.js';
import { client, failure, reaches } from './support/client.js';
import { startDesk } from './support/desk.js';
import { Line } from './support/line.js';

describe.each(platforms)('A request without a connection ($name)', (platform) => {
  it('waits for it, in the order of the calls', async () => {
    const { app, journal } = await startDesk(platform);
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
    const { app, journal } = await startDesk(platform);
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
    const { app, journal } = await startDesk(platform);
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
    const { app, journal } = await startDesk(platform);
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
    const { app } = await startDesk(platform);
    const sockets = client(app.url);

    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => sockets.post('/echo', { n })));

    expect(answers.map(({ body }) => (body as { body: { n: number } }).body.n)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
  });
});

describe.each(platforms)('A request without an answer ($name)', (platform) => {
  it('fails when its time is over, and says that it was sent', async () => {
    const { app } = await startDesk(platform);

    const error = await failure(client(app.url, { requestTimeout: 100 }).get('/gate/a'));

    expect(error).toMatchObject({
      code: 'TIMEOUT',
      statusCode: 0,
      sent: true,
      message: 'GET /gate/a: no answer within 100 ms',
    });
  });

  it('has one outcome: what comes too late is dropped', async () => {
    const { app, journal, desk } = await startDesk(platform);
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
    const { app, journal } = await startDesk(platform);
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    await expect(sockets.post('/notes', { text: 'a' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });

    await sockets.get('/notes');
    expect(journal.entries).toEqual(['read']);
  });

  it('leaves no listener on its signal, however it ends', async () => {
    const { app } = await startDesk(platform);
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
