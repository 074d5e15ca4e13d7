import { Body, Controller, Get, Param, ParseIntPipe, Post, Put, type Type } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  belongsTo,
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  Resourceful,
  ResourcefulPubSub,
  SubscribeOnRead,
  UnfitRecordError,
  type ResourceOptions,
  type StandardSchema,
  type View,
} from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { expectRefusal } from '../../../support/refusal.js';
import { asRole, audience, startPeople } from './support/people.js';

/** As libraries of schemas have them: an object that must have these fields, and loses all others. */
function schema(fields: readonly string[], wait = async (): Promise<void> => {}): StandardSchema {
  return {
    '~standard': {
      async validate(value) {
        await wait();
        const record = value as Record<string, unknown>;
        const missing = fields.filter((field) => record[field] === undefined);
        if (missing.length > 0) return { issues: missing };
        return { value: Object.fromEntries(fields.map((field) => [field, record[field]])) };
      },
    },
  };
}

class NameOnly {
  @Expose() id!: number;
  @Expose() name!: string;
}

class WithBadge extends NameOnly {
  @Expose() badge!: number;
}

class WithSecret extends NameOnly {
  @Expose() secret!: string;
}

/** The handler returns more than an interceptor lets through; here the response is the part `shown`. */
function usersController(options: ResourceOptions): Type {
  @Controller('users')
  @Resourceful('user', options)
  class UsersController {
    @Get(':id') @SubscribeOnRead({ watch: true }) findOne(@Param('id', ParseIntPipe) id: number): object {
      return { id };
    }

    @Post() @PublishOnCreate() create(@Body() body: object): object {
      return { id: 5, name: 'ada', secret: 's', ...body };
    }

    @Post(':id/promotion') @Publish('promoted') promote(@Param('id', ParseIntPipe) id: number): object {
      return { id, name: 'ada', secret: 's' };
    }

    @Post('envelope') @PublishOnCreate({ select: 'user', view: () => ({ own: true }) }) own(): object {
      return { user: { id: 5, name: 'ada', secret: 's' } };
    }

    @Put(':id/pets') @PublishOnAdd('pets') addPet(@Param('id', ParseIntPipe) _id: number): object {
      return { id: 9, name: 'rex', chip: 'c', owner: { id: 5, name: 'ada', secret: 's' } };
    }
  }
  return UsersController;
}

@Controller('pets')
@Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
class PetsController {
  @Post() @PublishOnCreate({ noReverse: true }) create(): object {
    return { id: 9, name: 'rex', owner: { id: 5, name: 'ada', secret: 's' } };
  }
}

const kinds: [kind: string, plain: View, rich: View][] = [
  ['class', NameOnly, WithSecret],
  ['Standard Schema', schema(['id', 'name']), schema(['id', 'name', 'secret'])],
  [
    'function',
    ({ id, name }: NameOnly) => ({ id, name }),
    ({ id, name, secret }: WithSecret) => ({ id, name, secret }),
  ],
];

describe('Views', () => {
  const startWith = async (
    options: ResourceOptions,
    ...others: Type[]
  ): Promise<{ app: TestApplication; plain: TestClient; admin: TestClient }> => {
    const app = await startPeople({ controllers: [usersController(options), ...others] });
    const [plain, admin] = [await app.connect(asRole()), await app.connect(asRole('admin', 2))];
    await app.channel('user').watch([plain.id, admin.id]);
    if (others.length > 0) await app.channel('pet').watch([plain.id, admin.id]);
    return { app, plain, admin };
  };
  const dataOf = (client: TestClient, event = 'user'): unknown[] =>
    client.heard(event).map((message) => (message as { data: unknown }).data);

  it.each(kinds)('may be a %s', async (_kind, view, rich) => {
    const { app, plain, admin } = await startWith({ view, views: { admin: rich }, audience });
    await app.request('POST', '/users', {});
    await app.request('POST', '/users/5/promotion', {});
    await app.channel('user').publishCreate({ id: 6, name: 'bob', secret: 't', other: 1 });
    await app.settle();
    await plain.next('user', ({ id }: { id: number }) => id === 6);
    await admin.next('user', ({ id }: { id: number }) => id === 6);
    expect(dataOf(plain)).toEqual([
      { id: 5, name: 'ada' },
      { id: 5, name: 'ada' },
      { id: 6, name: 'bob' },
    ]);
    expect(dataOf(admin)).toEqual([
      { id: 5, name: 'ada', secret: 's' },
      { id: 5, name: 'ada', secret: 's' },
      { id: 6, name: 'bob', secret: 't' },
    ]);
  });

  it('is applied once for a publication, however many sockets see it', async () => {
    const calls = { plain: 0, admin: 0 };
    const options: ResourceOptions = {
      view: (record: object) => (calls.plain++, record),
      views: { admin: (record: object) => (calls.admin++, record) },
      audience,
    };
    const { app } = await startWith(options);
    const clients = await Promise.all(
      Array.from({ length: 50 }, (_, index) => app.connect(asRole(index % 2 ? 'admin' : undefined, index))),
    );
    await app.channel('user').watch(clients.map(({ id }) => id));
    await app.request('POST', '/users', {});
    await Promise.all(clients.map((client) => client.next('user')));
    expect(calls).toEqual({ plain: 1, admin: 1 });
  });

  it('without a view is one emit, of what the response shows', async () => {
    const { app, plain, admin } = await startWith({});
    let emits = 0;
    const { adapter } = app.sockets.server.sockets;
    const broadcast = adapter.broadcast.bind(adapter);
    adapter.broadcast = (...args) => (emits++, broadcast(...args));
    await app.request('POST', '/users', {});
    await Promise.all([plain, admin].map((client) => client.next('user')));
    expect(emits).toBe(1);
    expect(dataOf(plain)).toEqual([{ id: 5, name: 'ada', secret: 's' }]);
    expect(dataOf(admin)).toEqual(dataOf(plain));
  });

  it('of a decorator replaces the default one for its route, and not those of audiences', async () => {
    const { app, plain, admin } = await startWith({ view: NameOnly, views: { admin: WithSecret }, audience });
    await app.request('POST', '/users/envelope', {});
    await app.settle();
    expect(dataOf(plain)).toEqual([{ own: true }]);
    expect(dataOf(admin)).toEqual([{ id: 5, name: 'ada', secret: 's' }]);
  });

  it('of the richer audiences alone leave everybody else what the response shows', async () => {
    const { app, plain, admin } = await startWith({ views: { admin: NameOnly }, audience });
    await app.request('POST', '/users', {});
    await app.settle();
    expect(dataOf(plain)).toEqual([{ id: 5, name: 'ada', secret: 's' }]);
    expect(dataOf(admin)).toEqual([{ id: 5, name: 'ada' }]);
  });

  it('cannot spoil for each other what they are given', async () => {
    const strip = (record: Record<string, unknown>): unknown => {
      delete record.secret;
      return record;
    };
    const keep = (record: Record<string, unknown>): unknown => record;
    const { app, plain, admin } = await startWith({ view: keep, views: { admin: strip }, audience });
    await app.request('POST', '/users', {});
    await app.settle();
    expect(dataOf(admin)).toEqual([{ id: 5, name: 'ada' }]);
    expect(dataOf(plain)).toEqual([{ id: 5, name: 'ada', secret: 's' }]);
  });

  it('that take their time keep the order of what code publishes', async () => {
    const delays = [20, 0, 5];
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, delays.shift()));
    const { app, plain } = await startWith({ view: schema(['id'], wait) });
    const users = app.channel('user');
    await Promise.all([1, 2, 3].map((id) => users.publishCreate({ id, secret: 's' })));
    await app.settle();
    expect(dataOf(plain)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it('that refuse a record keep it back, with a typed error for code', async () => {
    const { app, plain, admin } = await startWith({
      view: schema(['id']),
      views: { admin: schema(['id', 'name']) },
      audience,
    });
    await expectRefusal(app.channel('user').publishCreate({ id: 1 }), UnfitRecordError, 'UNFIT_RECORD', 'fit the view');
    expect(app.nest.get(ResourcefulPubSub).counters.failed).toBe(1);
    await app.settle();
    expect([...dataOf(plain), ...dataOf(admin)]).toEqual([]);
  });

  it('that fail, at once and later, fail their publication and nothing else', async () => {
    const options: ResourceOptions = {
      view: () => {
        throw new Error('at once');
      },
      views: { admin: schema(['absent']) },
      audience,
    };
    const { app, plain } = await startWith(options);
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    onTestFinished(() => void process.off('unhandledRejection', listener));
    await expect(app.channel('user').publishCreate([{ id: 1 }, { id: 2 }])).rejects.toThrow();
    expect((await app.request('POST', '/users', {})).status).toBe(201);
    await app.channel('user').message(5, 'still here');
    await app.settle();
    expect(plain.heard('user')).toEqual([{ verb: 'messaged', id: 5, data: 'still here' }]);
    expect(unhandled).toEqual([]);
  });

  describe('of a related resource', () => {
    class PublicPet {
      @Expose() id!: number;
      @Expose() name!: string;
    }
    class AdminPet extends PublicPet {
      @Expose() chip!: string;
    }

    it('say what is told of a record that was put into a collection', async () => {
      @Controller('pets')
      @Resourceful('pet', { view: PublicPet, views: { admin: AdminPet }, audience })
      class ViewedPetsController {}
      const relations = { pets: hasMany('pet', 'owner') };
      const { app, plain, admin } = await startWith(
        { relations, view: NameOnly, views: { admin: WithSecret }, audience },
        ViewedPetsController,
      );
      await app.request('PUT', '/users/5/pets', {});
      await app.channel('user').publishAdd(5, 'pets', { id: 8, name: 'tom', chip: 'd' });
      await app.settle();
      const addedOf = (client: TestClient): unknown[] =>
        client.heard('user').map((message) => (message as { added: unknown }).added);
      expect(addedOf(plain)).toEqual([
        { id: 9, name: 'rex' },
        { id: 8, name: 'tom' },
      ]);
      expect(addedOf(admin)).toEqual([
        { id: 9, name: 'rex', chip: 'c' },
        { id: 8, name: 'tom', chip: 'd' },
      ]);
    });

    it('say what is told of records that stand in others, which have no view', async () => {
      const { app, plain, admin } = await startWith(
        { view: NameOnly, views: { admin: WithSecret }, audience },
        PetsController,
      );
      await app.request('POST', '/pets', {});
      await app.channel('pet').publishCreate({ id: 8, owner: { id: 5, secret: 's' } }, { noReverse: true });
      await app.settle();
      for (const client of [plain, admin]) {
        expect(dataOf(client, 'pet')).toEqual([
          { id: 9, name: 'rex', owner: { id: 5, name: 'ada' } },
          { id: 8, owner: { id: 5 } },
        ]);
      }
    });

    it.each([
      ['shows the field', WithBadge, { badge: 9 }],
      ['hides the field', NameOnly, { id: 5 }],
      ['refuses a part of a record', schema(['id', 'name', 'badge']), { id: 5 }],
    ] as [string, View, object][])('that %s say what the other side is told', async (_case, view, expected) => {
      @Controller('badges')
      @Resourceful('badge', { relations: { user: belongsTo('user') } })
      class BadgesController {}
      @Controller('people')
      @Resourceful('user', { view, relations: { badge: { kind: 'hasOne', resource: 'card', inverse: 'user' } } })
      class PeopleController {}
      @Controller('cards')
      @Resourceful('card')
      class CardsController {}
      const app = await startPeople({ controllers: [PeopleController, CardsController, BadgesController] });
      const client = await app.connect(asRole());
      await app.channel('user').subscribe(client.id, 5);
      await app.channel('card').publishCreate({ id: 9, user: 5 });
      await client.next('user');
      expect(client.heard('user')).toEqual([{ verb: 'updated', id: 5, data: expected }]);
    });
  });
});
