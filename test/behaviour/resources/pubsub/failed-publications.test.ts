import { Injectable } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeforePublication, OnPublication, ResourcefulPubSub, SocketsModule } from '../../../../src/index.js';
import { start, type ApplicationOptions } from '../../../support/application.js';

interface User {
  id: number;
  name?: string;
  friends?: number[];
}

describe('a publication that cannot be made', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => void process.on('unhandledRejection', note));
  afterEach(() => {
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  async function watched(providers: ApplicationOptions['providers'] = []) {
    const app = await start({
      providers,
      imports: [
        SocketsModule.forRoot({
          resources: { user: { relations: { friends: { kind: 'manyToMany', resource: 'user', inverse: 'friends' } } } },
        }),
      ],
    });
    const watcher = await app.connect();
    const users = app.channel<User>('user');
    await users.watch(watcher.id);
    return { app, watcher, users };
  }

  it('is a rejection that nobody has to handle', async () => {
    const { app, watcher, users } = await watched();

    void users.publishUpdate(null as never, {});
    void users.publishCreate(undefined as never);
    void users.publishUpdate(1, { name: 5n } as never);
    void users.subscribe(null as never, 1);
    void users.unsubscribe(watcher.id, {});
    void users.watch(5 as never);
    void users.unwatch('');
    void users.subscribers(null as never);
    void users.publishDestroy(1, null as never);
    void users.publishReplace(1, 'friends', [], null as never);
    void users.publishUpdate(1, { name: 'ada' });
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'updated', id: 1, data: { name: 'ada' } }]);
  });

  const circular: Record<string, unknown> = { id: 9 };
  circular.self = circular;
  const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);
  const cases: [name: string, record: object, why: RegExp][] = [
    ['a BigInt', { id: 9, big: 1n }, /BigInt/],
    ['a circle', circular, /circular/],
    ['too many levels', { id: 9, deep: deep(32) }, /nests deeper/],
    ['a great many levels', { id: 9, deep: deep(5_000) }, /nests deeper/],
    [
      'a toJSON that throws',
      {
        id: 9,
        name: {
          toJSON: () => {
            throw new Error('no');
          },
        },
      },
      /toJSON\(\) in it throws/,
    ],
  ];

  it.each(cases)('keeps back all that belongs to it: %s', async (_, record, why) => {
    const { app, watcher, users } = await watched();

    const outcome = users.publishCreate([{ id: 1, friends: [2] }, record as User, { id: 3 }]);

    await expect(outcome).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    await expect(outcome).rejects.toThrow(why);
    await expect(users.message(1, record)).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);
  });

  it('keeps back reverse messages too; a record whose destruction cannot be told keeps its subscribers', async () => {
    const { app, watcher, users } = await watched();
    await users.subscribe(watcher.id, 1);

    await expect(users.publishDestroy(1, { previous: { friends: [2], name: 5n } as never })).rejects.toThrow('BigInt');
    await expect(
      users.publishUpdate(1, { friends: [3], name: 5n } as never, { previous: { friends: [2] } }),
    ).rejects.toThrow('BigInt');
    await expect(users.publishAdd(1, 'friends', { id: 2, name: 5n })).rejects.toThrow('BigInt');
    await expect(users.publishReplace(1, 'friends', [2, {}])).rejects.toMatchObject({ code: 'INVALID_RECORD_ID' });
    await expect(users.publishUpdate(1, {}, { to: ['lobby', ''] })).rejects.toMatchObject({ code: 'INVALID_ROOM' });
    await expect(users.publishUpdate(1, {}, { except: null as never })).rejects.toMatchObject({
      code: 'INVALID_TARGET',
    });
    await app.settle();

    expect(watcher.heard('user')).toEqual([]);
    expect(await users.subscribers(1)).toEqual([watcher.id]);
  });

  it('allows exactly as many levels as the option says', async () => {
    const { app, watcher, users } = await watched();

    await users.publishCreate({ id: 1, deep: deep(31) } as User);
    await app.settle();

    expect(watcher.heard('user')).toHaveLength(1);
  });

  it('row 33: a listener that stops a message, or throws, is the last word', async () => {
    @Injectable()
    class Listeners {
      readonly heard: unknown[] = [];

      @BeforePublication('user', 'updated')
      before(message: { id: number; data: { name?: string } }) {
        if (message.data.name === 'throw') throw new Error('no');
        if (message.data.name === 'stop') return null;
        return message.data.name === 'rewrite' ? { ...message, data: { name: 'rewritten' } } : undefined;
      }

      @OnPublication('user')
      on(message: unknown) {
        this.heard.push(message);
      }
    }
    const { app, watcher, users } = await watched([Listeners]);

    await users.publishUpdate(1, { name: 'stop', friends: [2] }, { previous: { friends: [] } });
    await expect(
      users.publishUpdate(1, { name: 'throw', friends: [2] }, { previous: { friends: [] } }),
    ).rejects.toThrow('no');
    await users.publishUpdate(1, { name: 'rewrite' });
    await app.settle();

    const expected = [
      // What goes with a message is a message of its own.
      { id: 2, verb: 'addedTo', attribute: 'friends', addedId: 1 },
      { verb: 'updated', id: 1, data: { name: 'rewritten' } },
    ];
    expect(watcher.heard('user')).toEqual(expected);
    expect(app.get(Listeners).heard).toEqual(expected);
  });

  it('is counted', async () => {
    const { app, users } = await watched();
    const pubsub = app.get(ResourcefulPubSub);
    expect(pubsub.counters).toEqual({ published: 0, failed: 0, skipped: 0 });

    await users.publishCreate([{ id: 1, friends: [2] }, { id: 3 }]);
    await expect(users.publishUpdate(null as never, {})).rejects.toThrow();
    await expect(users.message(1, 5n)).rejects.toThrow();
    await users.publish([], 'nothing');

    expect(pubsub.counters).toEqual({ published: 3, failed: 2, skipped: 0 });
    expect(pubsub.counters).not.toBe(pubsub.counters);
  });
});
