import { Controller, Get, Header, HttpException, Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { stopClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { client, failure, reaches } from './support/client.js';
import { DeskController, Journal, NotesController, startDesk } from './support/desk.js';
import { Line } from './support/line.js';

type Limits = NonNullable<SocketsModuleOptions['limits']>;

@Injectable()
class Count {
  calls = 0;
}

/** Refuses as a rate limiter of the application does. */
@Controller()
class BusyController {
  constructor(private readonly count: Count) {}

  @Get('busy')
  @Header('retry-after', '1')
  refuse(): never {
    this.count.calls++;
    throw new HttpException({ statusCode: 429, code: 'TOO_MANY_REQUESTS', message: 'Not so fast.' }, 429);
  }
}

async function startLimited(limits: Limits): ReturnType<typeof startDesk> {
  return startDesk({
    imports: [SocketsModule.forRoot({ limits })],
    controllers: [NotesController, DeskController, BusyController],
    providers: [Journal, Count],
  });
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => `note ${n}`);

describe('A client that sends more than the server lets one connection', () => {
  it('waits as long as it is told, and each request is done once', async () => {
    const { app, journal } = await startLimited({ packetBurst: 20, packetsPerSecond: 100 });
    const clock = stopClock();
    const sockets = client(app.url);

    const answers = await clock.passUntil(Promise.all(texts(150).map((text) => sockets.post('/notes', { text }))));

    expect(answers.map(({ statusCode }) => statusCode)).toEqual(texts(150).map(() => 201));
    expect(journal.entries.toSorted()).toEqual(texts(150).toSorted());
    expect(app.sockets.metrics().refused.packetRate).toBeGreaterThan(0);
  });

  it('is told of it if a request is refused once more after it has waited', async () => {
    const { app, journal } = await startLimited({ packetBurst: 5, packetsPerSecond: 1 });
    const clock = stopClock();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    // One of five was CONNECT.
    const answers = texts(6).map((text) => sockets.post('/notes', { text }));
    const outcomes = await clock.passUntil(Promise.allSettled(answers));

    expect(outcomes.map(({ status }) => status)).toEqual([...Array<string>(5).fill('fulfilled'), 'rejected']);
    expect(await failure(answers[5] as Promise<unknown>)).toMatchObject({
      statusCode: 429,
      code: 'TOO_MANY_REQUESTS',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) as string },
    });
    expect(journal.entries).toEqual(texts(5));
  });

  it('is told at once if the request has less time than that', async () => {
    const { app, journal } = await startLimited({ packetBurst: 2, packetsPerSecond: 1 });
    stopClock();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    await sockets.post('/notes', { text: 'a' });
    const error = await failure(sockets.post('/notes', { text: 'b' }, { timeout: 900 }));

    expect(error).toMatchObject({ statusCode: 429, headers: { 'retry-after': '2' } });
    expect(journal.entries).toEqual(['a']);
  });

  it('sends what waits over the next connection, should that come first', async () => {
    const { app, journal } = await startLimited({ packetBurst: 12, packetsPerSecond: 1 });
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    await reaches(sockets, 'connected');

    // One of twelve was CONNECT, so nine are told to wait for ten seconds.
    const answers = texts(20).map((text) => sockets.post('/notes', { text }));
    await Promise.all(answers.slice(0, 11));
    await eventually(() => expect(app.sockets.metrics().refused.packetRate).toBe(9));
    const marker = new Promise((resolve) => sockets.socket.once('marker', resolve));
    app.sockets.server.emit('marker');
    await marker;
    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();

    expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual(texts(20).map(() => 201));
    expect(journal.entries.toSorted()).toEqual(texts(20).toSorted());
  });

  it('repeats all of its reads after a reconnect', async () => {
    const { app, journal } = await startLimited({ packetBurst: 20, packetsPerSecond: 100 });
    const clock = stopClock();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeated: Array<number | string> = [];
    const reads = texts(60).map((text) =>
      sockets.get(`/notes?q=${text}`, undefined, {
        repeat: ({ response, error }) => void repeated.push(response?.statusCode ?? error?.message ?? ''),
      }),
    );
    await clock.passUntil(Promise.all(reads));

    line.cut();
    await clock.passUntil(reaches(sockets, 'reconnecting'));
    line.mend();
    await clock.passUntil(
      new Promise<void>((resolve) => {
        const look = (): void => void (repeated.length < 60 ? setImmediate(look) : resolve());
        look();
      }),
    );

    expect(repeated).toEqual(texts(60).map(() => 200));
    expect(journal.count('read')).toBe(120);
  });

  it('does not take the refusal of a route for one of the connection', async () => {
    const { app } = await startLimited({});
    const sockets = client(app.url);

    const error = await failure(sockets.get('/busy'));

    expect(error).toMatchObject({ statusCode: 429, message: 'Not so fast.' });
    expect(app.get(Count).calls).toBe(1);
  });
});
