import { describe, expect, it } from 'vitest';
import {
  type ReadOptions,
  type Repetition,
  RequestError,
  type SocketsClient,
} from '../../../src/front-ends/client/index.js';
import { stopClock } from '../../support/clock.js';
import { client, failure, reaches } from './support/client.js';
import { type Note, NotesController, startDesk } from './support/desk.js';
import type { TestApplication } from '../../support/application.js';
import { Line } from './support/line.js';

/** Reads, and collects the repetitions. */
class Repeated {
  readonly repetitions: Repetition<Note[]>[] = [];
  private waiting: (() => void) | undefined;

  readonly listener = (repetition: Repetition<Note[]>): void => {
    this.repetitions.push(repetition);
    this.waiting?.();
  };

  static async read(sockets: SocketsClient, url: string, options: ReadOptions<Note[]> = {}): Promise<Repeated> {
    const repeated = new Repeated();
    await sockets.get<Note[]>(url, undefined, { ...options, repeat: repeated.listener });
    return repeated;
  }

  async next(): Promise<Repetition<Note[]>> {
    while (this.repetitions.length === 0) await new Promise<void>((resolve) => (this.waiting = resolve));
    return this.repetitions.shift()!;
  }
}

async function reconnect(line: Line, sockets: SocketsClient): Promise<void> {
  line.cut();
  await reaches(sockets, 'reconnecting');
  line.mend();
  await reaches(sockets, 'connected');
}

/** What is sent from now on, in order. */
function sentBy(sockets: SocketsClient): string[] {
  const sent: string[] = [];
  sockets.socket.onAnyOutgoing((event: string, { url }: { url: string }) => sent.push(`${event} ${url}`));
  return sent;
}

describe('A repeated read', () => {
  it('brings the subscription back with each reconnect, and the state as it is then', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeated = await Repeated.read(sockets, '/notes');

    for (const text of ['while away', 'away again']) {
      line.cut();
      await reaches(sockets, 'reconnecting');
      await app.request('POST', '/notes', { text });
      line.mend();

      const { response } = await repeated.next();
      expect(response?.body.at(-1)).toMatchObject({ text });
      const heard = new Promise((resolve) => sockets.once('note', resolve));
      await app.channel('note').publishCreate({ id: 99, text: 'news' });
      expect(await heard).toEqual({ verb: 'created', id: 99, data: { id: 99, text: 'news' } });
    }
  });

  it('is not told of the first time, whose answer the caller has', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);

    const repeated = await Repeated.read(sockets, '/notes');
    await sockets.get('/notes');

    expect(repeated.repetitions).toEqual([]);
  });

  it('comes before everything that waits', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    await Repeated.read(sockets, '/notes');
    line.cut();
    await reaches(sockets, 'reconnecting');
    const sent = sentBy(sockets);

    const waited = [sockets.post('/notes', { text: 'a' }), sockets.get('/echo')];
    line.mend();
    await Promise.all(waited);

    expect(sent).toEqual(['get /notes', 'post /notes', 'get /echo']);
  });

  it('comes before what is asked when the connection is back', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    await Repeated.read(sockets, '/notes');
    let asked: Promise<unknown> | undefined;
    line.cut();
    await reaches(sockets, 'reconnecting');
    const sent = sentBy(sockets);
    sockets.onState(({ status }) => {
      if (status === 'connected') asked = sockets.get('/echo');
    });

    line.mend();
    await reaches(sockets, 'connected');
    await asked;

    expect(sent).toEqual(['get /notes', 'get /echo']);
  });

  it('is sent again if it is lost midway, and its caller gets the answer', async () => {
    const { app, journal, desk } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const answer = sockets.get('/gate/a', undefined, { repeat: () => undefined });
    await journal.has('a');

    await reconnect(line, sockets);
    desk.openGate();

    expect((await answer).body).toEqual({ name: 'a' });
    expect(journal.count('a')).toBe(2);
  });

  it('tells of a repetition that fails, and repeats it on the next reconnect all the same', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const notes = app.get(NotesController);

    notes.isClosed = true;
    await reconnect(line, sockets);
    expect(await repeated.next()).toMatchObject({ error: { statusCode: 403, code: 'FORBIDDEN' } });

    notes.isClosed = false;
    await reconnect(line, sockets);
    expect((await repeated.next()).response?.body).toHaveLength(1);
  });

  it('tells of one repetition for a reconnect, however often the connection was lost before it came', async () => {
    const { app, journal, desk } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const notes = app.get(NotesController);
    notes.before = () => desk.wait('held');

    await reconnect(line, sockets);
    await journal.has('held');
    notes.before = undefined;
    await reconnect(line, sockets);
    desk.openGate();

    expect((await repeated.next()).response?.statusCode).toBe(200);
    await sockets.get('/notes');
    expect(repeated.repetitions).toEqual([]);
  });

  it('is sent once for a reconnect, however many reads there are and however often it was lost', async () => {
    const { app, desk } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const urls = Array.from({ length: 100 }, (_, n) => `/notes?n=${n}`);
    const reads = await Promise.all(urls.map((url) => Repeated.read(sockets, url)));
    const notes = app.get(NotesController);
    notes.before = () => desk.wait('held');
    await reconnect(line, sockets);
    await reconnect(line, sockets);
    line.cut();
    await reaches(sockets, 'reconnecting');
    const sent = sentBy(sockets);

    notes.before = undefined;
    desk.openGate();
    line.mend();

    const first = await Promise.all(reads.map((read) => read.next()));
    await sockets.get('/echo');
    expect(first.map(({ response }) => response?.statusCode)).toEqual(urls.map(() => 200));
    expect(sent).toEqual([...urls.map((url) => `get ${url}`), 'get /echo']);
    expect(reads.flatMap(({ repetitions }) => repetitions)).toEqual([]);
  });

  it('tells why a repetition cannot be sent, and repeats it on the next reconnect all the same', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const headers = sockets.headers as Record<string, unknown>;

    headers['x-board'] = 7;
    await reconnect(line, sockets);
    const { error } = await repeated.next();
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'GET /notes: the header "x-board" must be a string',
      statusCode: 0,
      sent: false,
    });

    headers['x-board'] = '7';
    await reconnect(line, sockets);
    expect((await repeated.next()).response?.statusCode).toBe(200);
  });

  it.each(['its signal', 'stop()', 'close()'])('ends with %s', async (end) => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const controller = new AbortController();
    const repeated = await Repeated.read(sockets, '/notes', { signal: controller.signal });
    await reconnect(line, sockets);
    const { stop } = await repeated.next();

    if (end === 'its signal') controller.abort();
    if (end === 'stop()') stop();
    if (end === 'close()') {
      sockets.close();
      sockets.connect();
      await reaches(sockets, 'connected');
    } else {
      await reconnect(line, sockets);
    }

    await sockets.post('/notes', { text: 'after' });
    expect(journal.entries).toEqual(['read', 'read', 'after']);
    expect(repeated.repetitions).toEqual([]);
  });

  it('that fails at first is not repeated', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const notes = app.get(NotesController);
    notes.isClosed = true;

    expect(await failure(Repeated.read(sockets, '/notes'))).toMatchObject({ statusCode: 403 });
    await reconnect(line, sockets);

    await sockets.post('/notes', { text: 'after' });
    expect(journal.entries).toEqual(['read', 'after']);
  });

  it('takes the headers that the client has by then', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url, { headers: { 'x-a': '1' } });
    const seen: unknown[] = [];
    await sockets.get<{ headers: Record<string, string> }>('/echo', undefined, {
      repeat: ({ response }) => seen.push(response?.body.headers['x-a']),
    });

    sockets.headers['x-a'] = '2';
    await reconnect(line, sockets);
    await sockets.get('/notes');

    expect(seen).toEqual(['2']);
  });

  it('is repeated after the server closed the connection and connect() opened it again', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const repeated = await Repeated.read(sockets, '/notes');

    await app.sockets.disconnect(sockets.id!);
    await reaches(sockets, 'closed');
    sockets.connect();

    expect((await repeated.next()).response?.statusCode).toBe(200);
  });
});

describe('A message that says that there is more than it contains', () => {
  /** Sends what a server sends that may not say everything. */
  const publish = (app: TestApplication): void => {
    app.sockets.server.emit('note', { verb: 'updated', id: 1, data: { id: 1 } }, { id: 'x', more: true });
  };

  it('repeats what has read its resource, and nothing else', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const other = await Repeated.read(sockets, '/echo');
    await sockets.get('/notes');
    await app.request('POST', '/notes', { text: 'second' });

    publish(app);

    expect((await repeated.next()).response?.body).toHaveLength(2);
    expect(journal.entries).toEqual(['read', 'read', 'second', 'read']);
    expect(other.repetitions).toEqual([]);
  });

  it('is known to listeners by its note', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const notes: unknown[] = [];
    sockets.on('note', (_message, note) => notes.push(note.more));
    await sockets.get('/notes');

    publish(app);
    await app.channel('note').publishCreate({ id: 2 });
    await sockets.get('/echo');

    expect(notes).toEqual([true, undefined]);
  });

  it('repeats a read once for all that come within 250 ms', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const clock = stopClock();
    for (let n = 0; n < 10; n++) publish(app);
    await sockets.get('/echo');

    await clock.pass(249);
    await sockets.get('/echo');
    expect(journal.entries).toEqual(['read']);
    await clock.pass(1);

    expect((await repeated.next()).response?.statusCode).toBe(200);
    expect(journal.entries).toEqual(['read', 'read']);
    publish(app);
    await sockets.get('/echo');
    await clock.pass(250);
    expect((await repeated.next()).response?.statusCode).toBe(200);
  });

  it('repeats a read once more after the repetition that is under way', async () => {
    const { app, journal, desk } = await startDesk();
    const sockets = client(app.url);
    const repeated = await Repeated.read(sockets, '/notes');
    const notes = app.get(NotesController);
    notes.before = () => desk.wait('held');
    const clock = stopClock();
    publish(app);
    await sockets.get('/echo');
    await clock.pass(250);
    await journal.has('held');
    notes.before = undefined;

    publish(app);
    await sockets.get('/echo');
    await clock.pass(1_000);
    await sockets.get('/echo');
    expect(journal.count('read')).toBe(2);
    desk.openGate();
    await repeated.next();
    await clock.pass(250);
    await repeated.next();

    expect(journal.count('read')).toBe(3);
  });

  it.each(['its signal', 'a reconnect'])('repeats nothing by itself after %s', async (what) => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const controller = new AbortController();
    await Repeated.read(sockets, '/notes', { signal: controller.signal });
    const clock = stopClock();
    publish(app);
    await sockets.get('/echo');

    if (what === 'its signal') controller.abort();
    else await clock.passUntil(reconnect(line, sockets));
    await sockets.get('/echo');
    const reads = journal.count('read');
    await clock.pass(1_000);
    await sockets.get('/echo');

    expect(journal.count('read')).toBe(reads);
  });
});
