import { Controller, Get, Param } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { express } from '../../../support/platforms.js';

class Entity {
  constructor(readonly id: unknown) {}
}

class Shown extends Entity {
  toJSON(): object {
    return { id: `shown ${String(this.id)}` };
  }
}

class Computed {
  get id(): number {
    return 1;
  }
}

class Page extends Array<object> {
  toJSON(): object[] {
    return [{ id: 'of the page' }];
  }
}

const hidden = Object.defineProperty({ id: 1 }, 'id', { enumerable: false });

/** Lists, each of which JSON shows in another way. */
const LISTS: Record<string, () => unknown> = {
  literals: () => [{ id: 1 }, { id: '2' }, { id: 3.5 }, { id: -0 }, { id: 'é 😀' }],
  entities: () => [new Entity(1), new Entity('2')],
  'without a prototype': () => [Object.assign(Object.create(null) as object, { id: 1 })],
  'that show themselves': () => [new Shown(1), { id: 2, toJSON: () => ({ id: 3 }) }],
  'ids that show themselves': () => [{ id: { toJSON: () => 'an id' } }, { id: new Date(0) }],
  'ids that are none': () => [{ id: NaN }, { id: Infinity }, { id: null }, { id: undefined }, { id: '' }, {}],
  'an id beyond 2^53': () => [{ id: 2 ** 53 }, { id: 7 }],
  computed: () => [new Computed(), { id: 2 }],
  hidden: () => [hidden, { id: 2 }],
  inherited: () => [Object.create({ id: 1 }) as object, { id: 2 }],
  'others than records': () => [{ id: 1 }, null, undefined, 2, 'three', [{ id: 4 }]],
  boxed: () => [Object.assign(new String('text'), { id: 1 }), { id: 2 }],
  holes: () => Object.assign(Array.from({ length: 3 }), { 1: { id: 1 } }),
  proxies: () => [new Proxy({ id: 1 }, {})],
  'a list that shows itself': () => Page.from([{ id: 1 }]),
  'a list with a form of its own': () => Object.assign([{ id: 1 }], { toJSON: () => [{ id: 2 }] }),
  empty: () => [],
};

class ListsController {
  find(name: string): unknown {
    return name === 'known' ? Array.from({ length: 20 }, (_, id) => ({ id })) : LISTS[name]();
  }
}

@Controller('cards')
@Resourceful('card')
class CardsController extends ListsController {
  @Get(':name')
  @SubscribeOnRead()
  override find(@Param('name') name: string): unknown {
    return super.find(name);
  }
}

/** The same, with an option that is shown a copy of the answer. */
@Controller('copies')
@Resourceful('copy')
class CopiesController extends ListsController {
  @Get(':name')
  @SubscribeOnRead({ when: () => true })
  override find(@Param('name') name: string): unknown {
    return super.find(name);
  }
}

it.each(Object.keys(LISTS))('Reading a list subscribes to what the answer shows: %s', async (name) => {
  const app = await start({
    imports: [SocketsModule.forRoot()],
    controllers: [CardsController, CopiesController],
  });
  const [reader, other] = await Promise.all([app.connect(), app.connect()]);
  const roomsOf = async (client: typeof reader, path: string, resource: string): Promise<string[]> => {
    // Which fields records have is known from then on.
    const warm = await app.connect();
    await warm.socket.emitWithAck('get', { url: `/${path}/known` });
    await client.socket.emitWithAck('get', { url: `/${path}/${encodeURIComponent(name)}` });
    const rooms = await app.sockets.socketRooms(client.id);
    return rooms
      .filter((room) => room.startsWith('resource:'))
      .map((room) => room.slice(`resource:${resource}`.length))
      .toSorted();
  };

  const rooms = await roomsOf(reader, 'cards', 'card');

  expect(rooms).toEqual(await roomsOf(other, 'copies', 'copy'));
  const shown = JSON.parse(JSON.stringify(LISTS[name]())) as Array<{ id?: unknown } | null>;
  const ids = shown.map((one) => one?.id).filter((id) => typeof id === 'string' || typeof id === 'number');
  const known = ids.filter((id) => id !== '' && id !== 2 ** 53);
  expect(rooms).toEqual(known.map((id) => `/${id}`).toSorted());
});

it('Reading a list subscribes to what the "json replacer" of Express leaves', async () => {
  const app = await start({
    imports: [SocketsModule.forRoot()],
    controllers: [CardsController],
    platform: express,
    main: (nest) =>
      (nest as NestExpressApplication).set('json replacer', (key: string, value: unknown) =>
        key === 'id' ? `card ${String(value)}` : value,
      ),
  });
  const client = await app.connect();
  await client.socket.emitWithAck('get', { url: '/cards/known' });
  await client.socket.emitWithAck('get', { url: '/cards/entities' });

  expect(await app.channel('card').subscribers('card 2')).toEqual([client.id]);
  expect(await app.channel('card').subscribers('2')).toEqual([]);
});
