import { All, Body, Controller, Get, Param, ParseIntPipe, Put, Req } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { SocketsClient } from '../../../src/front-ends/client/index.js';
import {
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type SocketsModuleOptions,
} from '../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { client, failure, reaches } from './support/client.js';
import { Line } from './support/line.js';

/** Holds a publication back until the test lets it go. */
class Gate {
  open!: () => void;
  reached!: () => void;
  readonly isReached = new Promise<void>((resolve) => (this.reached = resolve));
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  async pass(): Promise<true> {
    this.reached();
    await this.opened;
    return true;
  }
}

async function startCards(options: SocketsModuleOptions = {}, main?: ApplicationOptions['main']) {
  const gate = new Gate();

  @Controller('cards')
  @Resourceful('card', { idType: 'number' })
  class CardsController {
    @Get()
    @SubscribeOnRead({ watch: true })
    find() {
      return [{ id: 1, title: 'first' }];
    }

    @Put(':id')
    @PublishOnUpdate({ mirror: true })
    update(@Param('id', ParseIntPipe) id: number, @Body() { title }: { title: string }) {
      return { id, title };
    }

    @Put(':id/late')
    @PublishOnUpdate({ mirror: true, when: () => gate.pass() })
    late(@Param('id', ParseIntPipe) id: number, @Body() { title }: { title: string }) {
      return { id, title };
    }

    @Put(':id/unheard')
    @PublishOnUpdate()
    unheard(@Param('id', ParseIntPipe) id: number) {
      return { id };
    }

    @Put(':id/silent')
    silent(@Param('id', ParseIntPipe) id: number) {
      return { id };
    }
  }

  @Controller('named')
  class NamedController {
    @All()
    name(@Req() { headers }: { headers: Record<string, string> }) {
      return { mutation: headers['mutation-id'] ?? null };
    }
  }

  const app = await start({
    controllers: [CardsController, NamedController],
    imports: [SocketsModule.forRoot(options)],
    main,
  });
  return { app, gate };
}

/** A client that is subscribed to all cards, and the titles that its listeners received. */
async function watching(url: string): Promise<{ sockets: SocketsClient; titles: unknown[] }> {
  const sockets = client(url);
  const titles: unknown[] = [];
  sockets.on('card', (message) => {
    if (message.verb === 'updated') titles.push(message.data.title);
  });
  await sockets.get('/cards');
  return { sockets, titles };
}

describe('mutate', () => {
  it('resolves with the response once the listeners have heard of the change', async () => {
    const { app } = await startCards();
    const { sockets, titles } = await watching(app.url);

    for (const title of ['a', 'b', 'c']) {
      const { body, statusCode } = await sockets.mutate('put', '/cards/1', { title });
      expect({ body, statusCode, heard: titles.at(-1) }).toEqual({
        body: { id: 1, title },
        statusCode: 200,
        heard: title,
      });
    }
  });

  it('waits for the change for as long as the server takes to publish it', async () => {
    const { app, gate } = await startCards();
    const { sockets, titles } = await watching(app.url);
    let isOver = false;

    const change = sockets.mutate('PUT', '/cards/1/late', { title: 'late' }).then(() => (isOver = true));
    await gate.isReached;
    await sockets.get('/cards');
    expect([isOver, titles]).toEqual([false, []]);

    gate.open();
    await change;
    expect(titles).toEqual(['late']);
  });

  it('resolves where the change comes round before the response does', async () => {
    const answers: Array<() => void> = [];
    const hold = (_: unknown, response: ServerResponse, next: () => void): void => {
      const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
      response.end = (...args: unknown[]) => {
        answers.push(() => void end(...args));
        return response;
      };
      next();
    };
    const { app } = await startCards({}, (nest) => nest.use('/cards/1', hold));
    const { sockets, titles } = await watching(app.url);
    const round = new Promise((resolve) => sockets.socket.once('sockets:mutated', resolve));

    const change = sockets.mutate('put', '/cards/1', { title: 'early' });
    await round;
    expect([titles, answers.length]).toEqual([['early'], 1]);
    for (const answer of answers) answer();

    expect((await change).body).toEqual({ id: 1, title: 'early' });
  });

  it('takes each of several at once for what it is', async () => {
    const { app } = await startCards();
    const { sockets, titles } = await watching(app.url);

    await Promise.all(
      ['a', 'b', 'c'].map(async (title) => {
        await sockets.mutate('put', '/cards/1', { title });
        expect(titles).toContain(title);
      }),
    );
  });

  it.each([
    ['is omitted from it', '/cards/1/unheard', {}],
    ['asks a route that publishes nothing', '/cards/1/silent', {}],
    ['gives it no name', '/cards/1', { headers: { 'Mutation-Id': undefined } }],
  ])('resolves at once where the client %s', async (_, url, options) => {
    const { app } = await startCards();
    const { sockets } = await watching(app.url);

    const { statusCode } = await sockets.mutate('put', url, {}, options);

    expect(statusCode).toBe(200);
  });

  it('resolves with the response where the server tells no headers', async () => {
    const { app } = await startCards({ requests: { sendResponseHeaders: false } });
    const { sockets } = await watching(app.url);

    const { body } = await sockets.mutate('put', '/cards/1', { title: 'a' });

    expect(body).toEqual({ id: 1, title: 'a' });
  });

  it('resolves where the client hears of no card', async () => {
    const { app } = await startCards();

    const { body } = await client(app.url).mutate('put', '/cards/1', { title: 'a' });

    expect(body).toEqual({ id: 1, title: 'a' });
  });

  it('rejects as the request does', async () => {
    const { app } = await startCards();
    const { sockets } = await watching(app.url);

    const { statusCode, code } = await failure(sockets.mutate('put', '/cards/none', {}));

    expect([statusCode, code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('rejects with NOT_HEARD and the response where the change does not come round in time', async () => {
    const clock = stopClock();
    const { app, gate } = await startCards();
    const { sockets } = await watching(app.url);

    const error = failure(sockets.mutate('put', '/cards/1/late', { title: 'late' }, { timeout: 300 }));
    await gate.isReached;
    // Its response comes before this one.
    await sockets.get('/cards');
    await clock.pass(300);
    const { code, statusCode, body, sent, message } = await error;
    gate.open();

    expect({ code, statusCode, body, sent }).toEqual({
      code: 'NOT_HEARD',
      statusCode: 200,
      body: { id: 1, title: 'late' },
      sent: true,
    });
    expect(message).toBe('PUT /cards/1/late: it was done, but what it published was not heard within 300 ms');
  });

  it('rejects with NOT_HEARD where the connection goes away after the response', async () => {
    const { app, gate } = await startCards();
    const line = await Line.to(app.url);
    const { sockets } = await watching(line.url);

    const lost = failure(sockets.mutate('put', '/cards/1/late', { title: 'late' }));
    await gate.isReached;
    // A later request is answered later, so the response has arrived by then.
    await sockets.get('/cards');
    line.cut();
    const { code, statusCode, body, cause } = await lost;
    gate.open();

    expect({ code, statusCode, body }).toEqual({ code: 'NOT_HEARD', statusCode: 200, body: { id: 1, title: 'late' } });
    expect(cause).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('rejects with NOT_HEARD where the client is closed after the response', async () => {
    const { app, gate } = await startCards();
    const { sockets } = await watching(app.url);

    const closed = failure(sockets.mutate('put', '/cards/1/late', { title: 'late' }));
    await gate.isReached;
    await sockets.get('/cards');
    sockets.close();
    gate.open();

    expect(await closed).toMatchObject({ code: 'NOT_HEARD', cause: { code: 'CLOSED' } });
  });

  it('rejects with the reason of its signal, before the response and after it', async () => {
    const { app, gate } = await startCards();
    const { sockets } = await watching(app.url);
    const [early, late] = [new AbortController(), new AbortController()];
    early.abort(new Error('early'));

    await expect(sockets.mutate('put', '/cards/1', {}, { signal: early.signal })).rejects.toThrow('early');
    const change = sockets.mutate('put', '/cards/1/late', {}, { signal: late.signal });
    await gate.isReached;
    await sockets.get('/cards');
    late.abort(new Error('late'));
    await expect(change).rejects.toThrow('late');
    gate.open();
  });

  it('waits for the connection, and for the change after it', async () => {
    const { app } = await startCards();
    const line = await Line.to(app.url);
    const { sockets, titles } = await watching(line.url);
    line.cut();
    await reaches(sockets, 'reconnecting');

    const change = sockets.mutate('put', '/cards/1', { title: 'after all' });
    const watch = sockets.get('/cards');
    line.mend();
    await change;
    await watch;
    await sockets.mutate('put', '/cards/1', { title: 'again' });

    expect(titles.at(-1)).toBe('again');
  });
});

describe('Every change of the client', () => {
  const named = async (answer: Promise<{ body: unknown }>): Promise<unknown> =>
    ((await answer).body as { mutation: unknown }).mutation;

  it('has a name of its own, unless the caller names it, or wants none', async () => {
    const { app } = await startCards();
    const sockets = client(app.url);

    const names = [await named(sockets.put('/named')), await named(sockets.request({ method: 'PUT', url: '/named' }))];
    expect(names).toEqual([expect.stringMatching(/^[\w]{5,16}$/), expect.stringMatching(/^[\w]{5,16}$/)]);
    expect(names[0]).not.toBe(names[1]);
    expect(await named(sockets.put('/named', {}, { headers: { 'Mutation-ID': 'mine' } }))).toBe('mine');
    expect(await named(sockets.put('/named', {}, { headers: { 'mutation-id': undefined } }))).toBe(null);
    expect(await named(sockets.mutate('put', '/named', {}, { headers: { 'Mutation-ID': 'mine' } }))).toBe('mine');
  });

  it('is named in the delivery notes that other clients’ listeners are given', async () => {
    const { app } = await startCards();
    const [{ sockets }, other] = [await watching(app.url), await watching(app.url)];
    const heard = new Promise((resolve) => other.sockets.on('card', (_, { mutation }) => resolve(mutation)));

    await sockets.put('/cards/1', { title: 'a' }, { headers: { 'mutation-id': 'mine' } });

    expect(await heard).toBe('mine');
  });

  it('and no read has one', async () => {
    const { app } = await startCards();

    expect(await named(client(app.url).get('/named'))).toBe(null);
  });
});

describe('mutate refuses', () => {
  const sockets = (app: TestApplication): SocketsClient => client(app.url);
  it.each<[...Parameters<SocketsClient['mutate']>, message: string]>([
    ['get' as never, '/a', {}, {}, 'mutate: the method must be one of post, put, patch, delete'],
    [5 as never, '/a', {}, {}, 'mutate: the method must be one of'],
    ['put', 'a', {}, {}, 'put: the url must be a path of the application'],
    ['put', '/a', {}, { retries: 1 } as never, 'put: there is no option "retries"'],
    ['put', '/a', {}, { repeat: () => undefined } as never, 'put: the option "repeat" is for get and head'],
    ['put', '/a', {}, { headers: { 'Mutation-Id': 'a b' } }, 'put: the header "Mutation-Id" must be 1 to 128 visible'],
  ])('%s %s %j %j', async (method, url, data, options, message) => {
    const { app } = await startCards();

    const attempt = sockets(app).mutate(method, url, data, options);

    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
  });
});
