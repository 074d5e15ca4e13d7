import { describe, expect, it } from 'vitest';
import { belongsTo, hasMany, manyToMany, SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { messages } from '../../../support/messages.js';
import { addedTo, related, removedFrom, updated, type Fields } from './support/related.js';

describe('what a relation holds', () => {
  it('is read from what an ORM makes: getters of a class, and what is not loaded is not nothing', async () => {
    const { heard, channel } = await related({
      user: {},
      pet: { owner: belongsTo('user', 'pets'), vets: manyToMany('user', 'patients') },
    });
    class Entity {
      constructor(private readonly fields: Fields) {}
      get id() {
        return this.fields.id;
      }
      get owner() {
        return this.fields.owner;
      }
      toJSON() {
        return this.fields;
      }
    }

    await channel('pet').publishCreate(new Entity({ id: 7, owner: 1 }) as unknown as Fields);
    expect((await heard()).slice(0, -1)).toEqual([addedTo('user', 1, 'pets', 7)]);

    const lazy = { owner: Promise.resolve({ id: 1 }), vets: Promise.resolve([]) };
    await channel('pet').publishUpdate(7, { owner: 2, vets: [3] }, { previous: lazy });
    expect(await heard()).toHaveLength(1);
  });

  it('says what the ids of the other side are: coerced to their type, of whatever field', async () => {
    const app = await start({
      imports: [
        SocketsModule.forRoot({
          resources: {
            user: { idType: 'number', relations: { pets: hasMany('pet', 'owner') } },
            pet: { id: 'tag', idType: 'string' },
          },
        }),
      ],
    });
    const watcher = await app.connect();
    const users = app.channel('user');
    await users.watch(watcher.id);
    await app.channel('pet').watch(watcher.id);

    await users.publishAdd('1', 'pets', { tag: 7, id: 99 });
    await app.channel('pet').publishUpdate(7, { owner: '2' }, { previous: { owner: { id: '1' } } });
    await expect(users.publishAdd(1, 'pets', { id: 99 })).rejects.toThrow('pet: an object is not an id');
    await expect(users.publishAdd(1, 'pets', 7, { movedFrom: 'x' })).rejects.toThrow('user: a string is not an id');
    await app.settle();

    expect(messages(watcher)).toEqual([
      ['user', { verb: 'addedTo', id: 1, attribute: 'pets', addedId: '7', added: { tag: 7, id: 99 } }],
      updated('pet', '7', { owner: 1 }),
      removedFrom('user', 1, 'pets', '7'),
      addedTo('user', 2, 'pets', '7'),
      ['pet', { verb: 'updated', id: '7', data: { owner: '2' }, previous: { owner: { id: '1' } } }],
    ]);
  });

  it('is not needed: a collection that none declares may hold records of any ids', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { user: { idType: 'number' } } })],
    });
    const watcher = await app.connect();
    const users = app.channel('user');
    await users.watch(watcher.id);

    await users.publishAdd(1, 'pets', '7');
    await users.publishAdd(1, 'pets', 'f3e1');
    await users.publishRemove(1, 'pets', { id: '8' });
    await expect(users.publishAdd(1, 'pets', {})).rejects.toMatchObject({ code: 'INVALID_RECORD_ID' });
    await app.settle();

    expect(messages(watcher)).toEqual([
      addedTo('user', 1, 'pets', 7),
      addedTo('user', 1, 'pets', 'f3e1'),
      removedFrom('user', 1, 'pets', 8),
    ]);
  });
});
