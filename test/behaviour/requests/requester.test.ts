import { Body, Controller, Get, HttpCode, Injectable, Param, Post, Scope } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { PublishOnCreate, RequestingSocket, SocketsService } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { ask } from './support/ask.js';

/** A service that is handed no request. */
@Injectable()
class WhoService {
  constructor(private readonly sockets: SocketsService) {}

  get id(): string | null {
    return this.sockets.requester?.id ?? null;
  }

  /** After timers, ticks, microtasks and promises of others. */
  async later(): Promise<Array<string | null>> {
    const seen = [this.id];
    await Promise.resolve();
    seen.push(this.id);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    seen.push(this.id);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(this.id);
    await Promise.all([1, 2].map(() => new Promise<void>((resolve) => process.nextTick(resolve))));
    seen.push(this.id);
    return seen;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedWho {
  readonly id: string | null;

  constructor(who: WhoService) {
    this.id = who.id;
  }
}

@Controller('who')
class WhoController {
  constructor(private readonly who: WhoService) {}

  @Get()
  asked(@RequestingSocket() socket: Socket | undefined) {
    return { socket: socket?.id ?? null, requester: this.who.id };
  }

  @Post('later/:number')
  @HttpCode(200)
  async later(@Param('number') number: string, @RequestingSocket() socket: Socket | undefined) {
    return { number, socket: socket?.id ?? null, seen: await this.who.later() };
  }
}

@Controller('scoped')
class ScopedController {
  constructor(private readonly who: ScopedWho) {}

  @Get()
  asked() {
    return this.who.id;
  }
}

@Controller('cards')
class CardsController {
  constructor(private readonly sockets: SocketsService) {}

  @Post()
  @PublishOnCreate('card')
  create(@Body() card: { id: number }) {
    return card;
  }

  @Post('mirrored')
  @PublishOnCreate('card', { mirror: true })
  createMirrored(@Body() card: { id: number }) {
    return card;
  }

  @Post('told')
  async tell(@RequestingSocket() socket: Socket | undefined) {
    await this.sockets.blast('told', { by: 'somebody' }, { except: socket ?? [] });
  }

  @Post('join/:room')
  async join(@Param('room') room: string, @RequestingSocket() socket: Socket) {
    await this.sockets.join(socket, room);
    return this.sockets.subscribers(room);
  }
}

const metadata = {
  controllers: [WhoController, ScopedController, CardsController],
  providers: [WhoService, ScopedWho],
};

describe('Sails row 47: who asked', () => {
  it('is known by the parameter and anywhere else', async () => {
    const app = await start(metadata);
    const client = await app.connect();
    const { body } = await ask(client, 'get', { url: '/who' });
    expect(body).toEqual({ socket: client.id, requester: client.id });
  });

  it('is nobody over HTTP', async () => {
    const app = await start(metadata);
    await app.connect();
    expect((await app.request('GET', '/who')).body).toEqual({ socket: null, requester: null });
    expect((await app.request('POST', '/who/later/1')).body).toEqual({
      number: '1',
      socket: null,
      seen: [null, null, null, null, null],
    });
  });

  it('is the socket of the namespace', async () => {
    const app = await start(metadata);
    app.sockets.server.of('/admin');
    const client = await app.connect({ namespace: '/admin' });
    const { body } = await ask(client, 'get', { url: '/who' });
    expect(body).toEqual({ socket: client.id, requester: client.id });
  });

  it('is known to a provider that is made for the request', async () => {
    const app = await start(metadata);
    const client = await app.connect();
    expect((await ask(client, 'get', { url: '/scoped' })).body).toBe(client.id);
  });

  it('is not who says so by a header', async () => {
    const app = await start(metadata);
    const [client, other] = [await app.connect(), await app.connect()];
    const { body } = await ask(client, 'get', { url: '/who', headers: { 'X-Socket-Id': other.id } });
    expect(body).toEqual({ socket: client.id, requester: client.id });
  });

  it('is never mixed up, with fifty requests at once from five sockets and as many over HTTP', async () => {
    const app = await start(metadata);
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => app.connect()));
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const [overSockets, overHttp] = await Promise.all([
      Promise.all(
        numbers.map(async (number) => {
          const client = clients[number % 5];
          const { body } = await ask(client, 'post', { url: `/who/later/${number}` });
          return { body, id: client.id };
        }),
      ),
      Promise.all(numbers.map((number) => app.request('POST', `/who/later/${number}`))),
    ]);
    overSockets.forEach(({ body, id }, number) =>
      expect(body).toEqual({ number: String(number), socket: id, seen: [id, id, id, id, id] }),
    );
    overHttp.forEach(({ body }, number) =>
      expect(body).toEqual({ number: String(number), socket: null, seen: [null, null, null, null, null] }),
    );
  });

  it('is each its own, also of those that wait for their turn', async () => {
    const app = await start(metadata);
    const [client, other] = [await app.connect(), await app.connect()];
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.flatMap((number) =>
        [client, other].map((asking) => ask(asking, 'post', { url: `/who/later/${number}` })),
      ),
    );
    answers.forEach(({ body }, index) => {
      const { id } = index % 2 ? other : client;
      expect(body).toMatchObject({ socket: id, seen: [id, id, id, id, id] });
    });
  });

  it('has nothing of the context of another, also where it waited for the other to end', async () => {
    const storage = new AsyncLocalStorage<number>();
    const found: unknown[] = [];
    const app = await start({
      ...metadata,
      main: (nest) =>
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          found.push(storage.getStore());
          storage.run(found.length, next);
        }),
    });
    const client = await app.connect();
    await Promise.all(Array.from({ length: 40 }, () => ask(client, 'post', { url: '/who/later/1' })));
    expect(found).toEqual(Array.from({ length: 40 }));
  });

  it('is not told of its own change, and others are', async () => {
    const app = await start(metadata);
    const [client, other] = [await app.connect(), await app.connect()];
    await app.channel('card').watch([client.id, other.id]);
    const { statusCode } = await ask(client, 'post', { url: '/cards', data: { id: 1 } });
    expect(statusCode).toBe(201);
    await other.next('card');
    await app.settle();
    expect(other.heard('card')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect(client.heard('card')).toEqual([]);
  });

  it('is told of its own change where that is wanted', async () => {
    const app = await start(metadata);
    const client = await app.connect();
    await app.channel('card').watch(client.id);
    await ask(client, 'post', { url: '/cards/mirrored', data: { id: 1 } });
    expect(await client.next('card')).toMatchObject([{ verb: 'created', id: 1 }, {}]);
  });

  it('is a target of the service', async () => {
    const app = await start(metadata);
    const [client, other] = [await app.connect(), await app.connect()];
    expect((await ask(client, 'post', { url: '/cards/join/lobby' })).body).toEqual([client.id]);
    await ask(client, 'post', { url: '/cards/told' });
    await other.next('told');
    await app.settle();
    expect(client.heard('told')).toEqual([]);
  });
});
