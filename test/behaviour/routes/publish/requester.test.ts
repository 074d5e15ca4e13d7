import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post, Put } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnUpdate,
  RequestingSocket,
  Resourceful,
  SubscribesTo,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { ClientOptions, TestClient } from '../../../support/client.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

@Controller('pets')
@Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
class PetsController {
  @Post()
  @PublishOnCreate()
  create(@Body() body: Row) {
    return body;
  }

  @Patch(':id')
  @PublishOnUpdate({ previous: () => ({ owner: 5 }) })
  update(@Param('id', ParseIntPipe) id: number, @Body() body: object) {
    return { id, ...body };
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove() {}

  @Put(':id/toys/:toyId')
  @PublishOnAdd('toys')
  add() {}

  @Delete(':id/toys/:toyId')
  @PublishOnRemove('toys')
  take() {}
}

@Controller('users')
@Resourceful('user')
class UsersController {}

@Controller('mirrored')
class MirroredController {
  @Post()
  @PublishOnCreate('pet', { mirror: true })
  create(@Body() body: Row) {
    return body;
  }

  @Patch(':id')
  @PublishOnUpdate('pet', { mirror: true })
  update(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/toys/:toyId')
  @PublishOnAdd('toys', { resource: 'pet', mirror: true })
  add() {}

  @Delete(':id/toys/:toyId')
  @PublishOnRemove('toys', { resource: 'pet', mirror: true })
  take() {}

  @Delete(':id')
  @PublishOnDestroy('pet', { mirror: true })
  remove() {}
}

const controllers = [PetsController, UsersController, MirroredController];

async function connectWatching(app: TestApplication, options: ClientOptions = {}): Promise<TestClient> {
  const client = await app.connect(options);
  await app.channel('pet').watch(client.id);
  await app.channel('user').watch(client.id);
  return client;
}

/** One of everything. */
async function doAll(app: TestApplication, base: string, headers: Record<string, string>): Promise<void> {
  await app.request('POST', `/${base}`, { id: 1, owner: 4 }, headers);
  await app.request('PATCH', `/${base}/1`, { owner: 4 }, headers);
  await app.request('PUT', `/${base}/1/toys/2`, undefined, headers);
  await app.request('DELETE', `/${base}/1/toys/2`, undefined, headers);
  await app.request('DELETE', `/${base}/1`, undefined, headers);
  await app.settle();
}

const verbs = (messages: unknown[]) => (messages as Array<{ verb: string }>).map(({ verb }) => verb);
const ALL = ['created', 'updated', 'addedTo', 'removedFrom', 'destroyed'];

describe('row 42: the requester', () => {
  it('that names its socket does not hear of what it did, nor of what follows from it', async () => {
    const app = await start({ controllers });
    const [actor, watcher] = [await connectWatching(app), await connectWatching(app)];

    await doAll(app, 'pets', { 'x-socket-id': actor.id });

    expect(verbs(watcher.heard('pet'))).toEqual(ALL);
    expect(verbs(watcher.heard('user'))).toEqual(['addedTo', 'removedFrom', 'addedTo']);
    expect(actor.heard('pet')).toEqual([]);
    expect(actor.heard('user')).toEqual([]);
  });

  it('hears itself with mirror, on all actions', async () => {
    const app = await start({ controllers });
    const actor = await connectWatching(app);
    await doAll(app, 'mirrored', { 'x-socket-id': actor.id });
    expect(verbs(actor.heard('pet'))).toEqual(ALL);
  });

  it('that names no socket, or none that there is, omits nobody', async () => {
    const app = await start({ controllers });
    const actor = await connectWatching(app);
    const headers: Array<Record<string, string>> = [
      {},
      { 'x-socket-id': 'nobody' },
      { 'x-socket-id': '' },
      { 'x-socket-id': 'resource:pet' },
    ];
    for (const named of headers) {
      expect((await app.request('POST', '/pets', { id: 1 }, named)).status).toBe(201);
    }
    await app.settle();
    expect(actor.heard('pet')).toHaveLength(headers.length);
  });

  it('is found in whichever namespace carries the resource', async () => {
    @WebSocketGateway({ namespace: 'admin' })
    @SubscribesTo('pet')
    class AdminGateway {}
    const app = await start({ controllers, providers: [AdminGateway] });
    const actor = await app.connect({ namespace: '/admin' });
    const watcher = await app.connect({ namespace: '/admin' });
    await app.channel('pet').watch([actor.id, watcher.id]);

    await app.request('POST', '/pets', { id: 1 }, { 'x-socket-id': actor.id });
    await app.settle();

    expect(watcher.heard('pet')).toHaveLength(1);
    expect(actor.heard('pet')).toEqual([]);
  });

  interface Identity {
    who: string;
    connected: ClientOptions;
    request: Record<string, string>;
    muted: boolean;
  }
  const token = 'Bearer of-ada';
  const identities: Identity[] = [
    {
      who: 'the same cookie',
      connected: { extraHeaders: { cookie: 'sid=1' } },
      request: { cookie: 'sid=1' },
      muted: true,
    },
    {
      who: 'the same cookie and another that came since',
      connected: { extraHeaders: { cookie: 'sid=1' } },
      request: { cookie: 'theme=dark; sid=1' },
      muted: true,
    },
    {
      who: 'another cookie',
      connected: { extraHeaders: { cookie: 'sid=1' } },
      request: { cookie: 'sid=2' },
      muted: false,
    },
    { who: 'no cookie', connected: { extraHeaders: { cookie: 'sid=1' } }, request: {}, muted: false },
    {
      who: 'the same authorization',
      connected: { extraHeaders: { authorization: token } },
      request: { authorization: token },
      muted: true,
    },
    {
      who: 'another authorization',
      connected: { extraHeaders: { authorization: token } },
      request: { authorization: 'Bearer of-eve' },
      muted: false,
    },
    { who: 'no authorization', connected: { extraHeaders: { authorization: token } }, request: {}, muted: false },
    {
      who: 'an authorization, where the socket has none',
      connected: {},
      request: { authorization: token },
      muted: false,
    },
    {
      who: 'the bearer token of the handshake',
      connected: { auth: { token: 'of-ada' } },
      request: { authorization: token },
      muted: true,
    },
    {
      who: 'another bearer token than the handshake’s',
      connected: { auth: { token: 'of-ada' } },
      request: { authorization: 'Bearer of-eve' },
      muted: false,
    },
  ];
  it.each(identities)('with $who: is it the socket’s own? $muted', async ({ connected, request, muted }) => {
    const app = await start({ controllers });
    const named = await connectWatching(app, connected);

    await app.request('POST', '/pets', { id: 1 }, { ...request, 'x-socket-id': named.id });
    await app.settle();

    expect(named.heard('pet')).toHaveLength(muted ? 0 : 1);
  });

  it('is what @RequestingSocket() gives the handler, and nobody’s else', async () => {
    @Controller('who')
    class WhoController {
      @Get()
      who(@RequestingSocket() socket: Socket | undefined) {
        return { id: socket?.id ?? null };
      }
    }
    const app = await start({ controllers: [...controllers, WhoController] });
    const actor = await app.connect({ extraHeaders: { cookie: 'sid=1' } });
    const ask = async (headers: Record<string, string>) => (await app.request('GET', '/who', undefined, headers)).body;

    expect(await ask({ 'x-socket-id': actor.id, cookie: 'sid=1' })).toEqual({ id: actor.id });
    expect(await ask({ 'x-socket-id': actor.id, cookie: 'sid=2' })).toEqual({ id: null });
    expect(await ask({})).toEqual({ id: null });
  });
});
