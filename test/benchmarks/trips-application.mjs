// The application whose trips trips.mjs counts, together with its clients. The argument is JSON: the
// library's directory, and whether the application knows users.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { createAdapter, decorateClass, decorateMethod, importLibrary, importPeer } from './built-library.mjs';
import { EnteredFunctions } from './entered-functions.mjs';

const { directory, knowsUsers } = JSON.parse(process.argv[2]);
const WARM_UP = 5;
const COUNTED = 5;
// The server keeps working for a moment after a client has its response. That work is part of the trip.
const SETTLE_MS = 50;

const entered = await EnteredFunctions.start(directory);
const { Body, Controller, Get, Module, Param, Patch } = await importPeer(directory, '@nestjs/common');
const { NestFactory } = await importPeer(directory, '@nestjs/core');
const library = await importLibrary(directory);
const { PublishOnUpdate, Resourceful, SocketsModule, SocketsService, SubscribeOnRead } = library;

class CardsController {
  findAll() {
    return [{ id: '1', title: 'a card' }];
  }

  findOne(id) {
    return { id, title: 'a card' };
  }

  update(id, body) {
    return { id, ...body };
  }
}
decorateMethod(CardsController, 'findAll', [Get(), SubscribeOnRead({ watch: true })]);
decorateMethod(CardsController, 'findOne', [Get(':id'), SubscribeOnRead()], [Param('id')]);
decorateMethod(CardsController, 'update', [Patch(':id'), PublishOnUpdate()], [Param('id'), Body()]);
decorateClass(CardsController, Controller('cards'), Resourceful('card'));

class NotesController {
  findAll(boardId) {
    return [{ id: '1', boardId }];
  }

  update(id, body) {
    return { id, ...body };
  }
}
decorateMethod(NotesController, 'findAll', [Get(), SubscribeOnRead({ watch: true })], [Param('boardId')]);
decorateMethod(NotesController, 'update', [Patch(':id'), PublishOnUpdate()], [Param('id'), Body()]);
decorateClass(NotesController, Controller('boards/:boardId/notes'), Resourceful('note', { slices: ['boardId'] }));

class PlainController {
  findOne(id) {
    return { id };
  }
}
decorateMethod(PlainController, 'findOne', [Get(':id')], [Param('id')]);
decorateClass(PlainController, Controller('plain'));

const AppModule = decorateClass(
  class AppModule {},
  Module({
    imports: [SocketsModule.forRoot(knowsUsers ? { authenticate: ({ auth }) => ({ id: auth.user }) } : {})],
    controllers: [CardsController, NotesController, PlainController],
  }),
);
const app = await NestFactory.create(AppModule, await createAdapter(directory, 'express'), { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const address = `http://127.0.0.1:${app.getHttpServer().address().port}`;
const sockets = app.get(SocketsService);

async function connect(user) {
  const socket = io(address, { transports: ['websocket'], forceNew: true, auth: { user } });
  await once(socket, 'connect');
  return socket;
}
const watcher = await connect(1);
const reader = await connect(2);
await sockets.join(watcher.id, 'lobby');

async function get(socket, url) {
  const { statusCode } = await socket.emitWithAck('get', { url });
  if (statusCode !== 200) throw new Error(`GET ${url} over the socket responded with ${statusCode}`);
}

async function patch(path, event, change) {
  const heard = once(watcher, event);
  const headers = { 'content-type': 'application/json' };
  await fetch(address + path, { method: 'PATCH', headers, body: JSON.stringify(change) });
  await heard;
}

await get(watcher, '/cards');
await get(watcher, '/boards/7/notes');

const TRIPS = {
  'PATCH over HTTP → one publication': { run: () => patch('/cards/1', 'card', { title: 'another' }) },
  'PATCH over HTTP → one publication in a slice': {
    run: () => patch('/boards/7/notes/1', 'note', { boardId: '7', text: 'another' }),
  },
  'GET over the socket → ack, no decorators': { run: () => get(reader, '/plain/1') },
  'GET over the socket that subscribes': {
    prepare: () => reader.emitWithAck('sockets:unsubscribe', { resource: 'card' }),
    run: () => get(reader, '/cards/1'),
  },
  'broadcast(room)': {
    async run() {
      const heard = once(watcher, 'hello');
      await sockets.broadcast('lobby', 'hello', { text: 'hello' });
      await heard;
    },
  },
};

const TRIPS_OF_USERS = {
  'revoke({ user, resource })': {
    prepare: () => get(reader, '/cards/1'),
    async run() {
      const told = once(reader, 'revoked');
      await sockets.revoke({ user: 2, resource: 'card' });
      await told;
    },
  },
};

const callsOf = (functions) => functions.reduce((sum, { calls }) => sum + calls, 0);

/** Makes a trip several times, and picks the one with the fewest calls: a timer may have fired during the others. */
async function count({ prepare, run }) {
  const found = [];
  for (let time = 0; time < WARM_UP + COUNTED; time++) {
    await prepare?.();
    await setTimeout(SETTLE_MS);
    await entered.take();
    await run();
    await setTimeout(SETTLE_MS);
    const functions = await entered.take();
    if (time >= WARM_UP) found.push(functions);
  }
  return found.toSorted((a, b) => callsOf(a) - callsOf(b))[0];
}

const counted = {};
const trips = { ...TRIPS, ...(knowsUsers ? TRIPS_OF_USERS : {}) };
for (const [name, trip] of Object.entries(trips)) counted[name] = await count(trip);
process.send(counted, () => process.exit());
