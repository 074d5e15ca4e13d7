import { Body, Controller, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  hasOne,
  manyToMany,
  PublishOnCreate,
  Resourceful,
  SocketsModule,
  type Relation,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { messages } from '../../../support/messages.js';
import { addedTo, related, removedFrom, updated, type Fields } from './support/related.js';

describe('a relation', () => {
  /** Each relation, as it may be declared: on the one side, on the other, or on both. */
  const declarations: [name: string, Record<string, Record<string, Relation>>][] = [
    [
      'one side',
      { user: { pets: hasMany('pet', 'owner'), groups: manyToMany('group', 'members') }, pet: {}, group: {} },
    ],
    [
      'the other side',
      { user: {}, pet: { owner: belongsTo('user', 'pets') }, group: { members: manyToMany('user', 'groups') } },
    ],
    [
      'both sides',
      {
        user: { pets: hasMany('pet', 'owner'), groups: manyToMany('group', 'members') },
        pet: { owner: belongsTo('user', 'pets') },
        group: { members: manyToMany('user', 'groups') },
      },
    ],
    [
      'both sides, one of which names no attribute',
      {
        user: { pets: hasMany('pet'), groups: manyToMany('group') },
        pet: { owner: belongsTo('user', 'pets') },
        group: { members: manyToMany('user', 'groups') },
      },
    ],
  ];

  it.each(declarations)('gives the same messages when it is declared on %s', async (_, relations) => {
    const { heard, channel } = await related(relations);

    await channel('user').publishAdd(1, 'pets', 7);
    await channel('pet').publishCreate({ id: 8, owner: 1 });
    await channel('user').publishAdd(1, 'groups', 3);
    await channel('group').publishRemove(3, 'members', 1);

    expect(await heard()).toEqual([
      addedTo('user', 1, 'pets', 7),
      updated('pet', 7, { owner: 1 }),
      addedTo('user', 1, 'pets', 8),
      ['pet', { verb: 'created', id: 8, data: { id: 8, owner: 1 } }],
      addedTo('user', 1, 'groups', 3),
      addedTo('group', 3, 'members', 1),
      removedFrom('group', 3, 'members', 1),
      removedFrom('user', 1, 'groups', 3),
    ]);
  });

  it('may be declared by @Resourceful on a controller', async () => {
    @Controller('pets')
    @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
    class PetsController {}
    @Controller('users')
    @Resourceful('user')
    class UsersController {}
    const app = await start({ controllers: [PetsController, UsersController] });
    const watcher = await app.connect();
    await app.channel('pet').watch(watcher.id);

    await app.channel('user').publishAdd(1, 'pets', 7);
    await app.settle();

    expect(messages(watcher)).toEqual([updated('pet', 7, { owner: 1 })]);
  });

  it('row 42: tells nobody of what they did themselves, by a route, on the other side either', async () => {
    @Controller('pets')
    @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
    class PetsController {
      @Post()
      @PublishOnCreate()
      create(@Body() pet: Fields) {
        return pet;
      }
    }
    const app = await start({
      controllers: [PetsController],
      imports: [SocketsModule.forRoot({ resources: { user: {} } })],
    });
    const [actor, watcher] = [await app.connect(), await app.connect()];
    for (const name of ['user', 'pet']) await app.channel(name).watch([actor.id, watcher.id]);

    await app.request('POST', '/pets', { id: 7, owner: 1 }, { 'x-socket-id': actor.id });
    await app.settle();

    expect(messages(watcher)).toEqual([
      addedTo('user', 1, 'pets', 7),
      ['pet', { verb: 'created', id: 7, data: { id: 7, owner: 1 } }],
    ]);
    expect(messages(actor)).toEqual([]);
  });

  it('row 38: of which there are two between the same resources, each tells of its own attribute', async () => {
    const { heard, channel } = await related({
      pet: {
        bestFriend: belongsTo('user', 'friends'),
        owner: belongsTo('user', 'pets'),
        vets: manyToMany('user', 'patients'),
      },
      user: {},
    });

    await channel('pet').publishDestroy(7, { previous: { owner: 1, bestFriend: 2, vets: [3] } });
    expect((await heard()).slice(1)).toEqual([
      removedFrom('user', 2, 'friends', 7),
      removedFrom('user', 1, 'pets', 7),
      removedFrom('user', 3, 'patients', 7),
    ]);

    await channel('user').publishDestroy(1, { previous: { pets: [{ id: 7 }], friends: [8], patients: [9] } });
    expect((await heard()).slice(1)).toEqual([
      updated('pet', 8, { bestFriend: null }),
      updated('pet', 7, { owner: null }),
      removedFrom('pet', 9, 'vets', 1),
    ]);

    await channel('pet').publishUpdate(7, { owner: 2 }, { previous: { owner: 1, bestFriend: 2 } });
    expect((await heard()).slice(0, -1)).toEqual([removedFrom('user', 1, 'pets', 7), addedTo('user', 2, 'pets', 7)]);

    await channel('user').publishAdd(1, 'friends', 7);
    expect(await heard()).toEqual([addedTo('user', 1, 'friends', 7), updated('pet', 7, { bestFriend: 1 })]);
  });

  it('row 38: of a resource to itself: parent and children, with the right attribute on each side', async () => {
    const { heard, channel } = await related({ node: { parent: belongsTo('node', 'children') } });

    await channel('node').publishCreate({ id: 2, parent: 1 });
    expect(await heard()).toEqual([
      addedTo('node', 1, 'children', 2),
      ['node', { verb: 'created', id: 2, data: { id: 2, parent: 1 } }],
    ]);

    await channel('node').publishAdd(3, 'children', 2, { movedFrom: 1 });
    expect(await heard()).toEqual([
      addedTo('node', 3, 'children', 2),
      updated('node', 2, { parent: 3 }),
      removedFrom('node', 1, 'children', 2),
    ]);

    await channel('node').publishDestroy(3, { previous: { id: 3, parent: 1, children: [2] } });
    expect((await heard()).slice(1)).toEqual([
      removedFrom('node', 1, 'children', 3),
      updated('node', 2, { parent: null }),
    ]);
  });

  it('row 38: of a record to itself says nothing more of it once it is gone', async () => {
    const { heard, channel } = await related({
      node: { parent: belongsTo('node', 'children'), peers: manyToMany('node', 'peers') },
    });

    await channel('node').publishDestroy(1, { previous: { parent: '1', children: [1], peers: [1, 2] } });

    expect((await heard()).slice(1)).toEqual([removedFrom('node', 2, 'peers', 1)]);
  });

  it('of a resource to itself by the same attribute: friends of each other', async () => {
    const { heard, channel } = await related({ user: { friends: manyToMany('user', 'friends') } });

    await channel('user').publishAdd(1, 'friends', 2);

    expect(await heard()).toEqual([addedTo('user', 1, 'friends', 2), addedTo('user', 2, 'friends', 1)]);
  });

  it.each([
    ['hasOne on one side', { user: { profile: hasOne('profile', 'user') }, profile: {} }],
    ['hasOne on the other side', { user: {}, profile: { user: hasOne('user', 'profile') } }],
    [
      'hasOne facing belongsTo',
      { user: { profile: hasOne('profile', 'user') }, profile: { user: belongsTo('user', 'profile') } },
    ],
  ])('row 39: one to one tells the other record: %s', async (_, relations) => {
    const { heard, channel } = await related(relations);

    await channel('user').publishCreate({ id: 1, profile: 5 });
    expect((await heard()).slice(0, -1)).toEqual([updated('profile', 5, { user: 1 })]);

    await channel('user').publishUpdate(1, { profile: 6 }, { previous: { profile: { id: 5 } } });
    expect((await heard()).slice(0, -1)).toEqual([
      updated('profile', 5, { user: null }),
      updated('profile', 6, { user: 1 }),
    ]);

    await channel('profile').publishDestroy(6, { previous: { user: 1 } });
    expect((await heard()).slice(1)).toEqual([updated('user', 1, { profile: null })]);
  });

  it('row 41: one-way tells the parent only', async () => {
    const { heard, channel } = await related({
      user: { cars: hasMany('car'), tags: manyToMany('tag'), home: belongsTo('place') },
      car: {},
      tag: {},
      place: {},
    });

    await channel('user').publishCreate({ id: 1, cars: [2], tags: [3], home: 4 });
    await channel('user').publishAdd(1, 'cars', 5);
    await channel('user').publishAdd(1, 'tags', 6, { movedFrom: 2 });
    await channel('user').publishRemove(1, 'cars', 5);
    await channel('user').publishReplace(1, 'tags', [7], { previous: [8] });
    await channel('user').publishDestroy(1, { previous: { cars: [2], tags: [3], home: 4 } });

    const all = (await heard()) as [string, { verb: string }][];
    expect(all.map(([resource, { verb }]) => `${resource} ${verb}`)).toEqual([
      'user created',
      'user addedTo',
      'user addedTo',
      'user removedFrom',
      'user addedTo',
      'user removedFrom',
      'user destroyed',
    ]);
  });

  it('row 41: through records of their own: both ends hear of those', async () => {
    const { heard, channel } = await related({
      user: {},
      group: {},
      membership: { user: belongsTo('user', 'memberships'), group: belongsTo('group', 'memberships') },
    });

    await channel('membership').publishCreate({ id: 5, user: 1, group: { id: 2 } });
    expect((await heard()).slice(0, -1)).toEqual([
      addedTo('user', 1, 'memberships', 5),
      addedTo('group', 2, 'memberships', 5),
    ]);

    await channel('membership').publishDestroy(5, { previous: { user: 1, group: 2 } });
    expect((await heard()).slice(1)).toEqual([
      removedFrom('user', 1, 'memberships', 5),
      removedFrom('group', 2, 'memberships', 5),
    ]);
  });
});
