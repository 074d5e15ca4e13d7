import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { hasMany, SocketsModule, type ResourceOptions } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

const SECRET = 's3cret';

class User {
  constructor(
    readonly id: number,
    readonly name = 'ada',
  ) {}

  @Exclude() password = SECRET;
  @Exclude({ toPlainOnly: true }) token = SECRET;
  @Expose({ groups: ['admin'] }) email = SECRET;
  @Transform(({ value }: { value: number }) => value + 1) rank = 1;
}

class Admin extends User {
  level = 9;
}

@Exclude()
class Account {
  @Expose() id = 1;
  @Expose({ name: 'title' }) label = 'savings';
  balance = SECRET;
}

class Team {
  id = 1;
  @Type(() => User) members = [new User(1), new User(2)];
}

const shownUser = { id: 1, name: 'ada', rank: 2 };

/** What a watcher of the resource, and a member of a room, receives of what is sent. */
async function started(resources: Record<string, ResourceOptions> = {}) {
  const app = await start({ imports: [SocketsModule.forRoot({ resources: { user: {}, team: {}, ...resources } })] });
  const client = await app.connect();
  for (const name of ['user', 'team']) await app.channel(name).watch(client.id);
  const sent = async (): Promise<unknown[][]> => {
    await app.settle();
    const received = client.received.filter(([event]) => event !== 'marker').map(([event, data]) => [event, data]);
    expect(JSON.stringify(received)).not.toContain(SECRET);
    return received;
  };
  const channel = (name: string) => app.channel<object>(name);
  return { app, client, channel, sent };
}

describe('an instance with fields that class-transformer hides, published by code', () => {
  it.each<[string, object, object]>([
    ['some fields', new User(1), shownUser],
    ['those that it inherits', new Admin(1), { ...shownUser, level: 9 }],
    ['all that it does not expose', new Account(), { id: 1, title: 'savings' }],
    ['those of instances within', { id: 1, by: { user: new User(1) } }, { id: 1, by: { user: shownUser } }],
    ['those of instances in a list', new Team(), { id: 1, members: [shownUser, { ...shownUser, id: 2 }] }],
    [
      'those in what toJSON returns',
      { id: 1, toJSON: () => ({ id: 1, user: new User(1) }) },
      { id: 1, user: shownUser },
    ],
  ])('is sent without %s', async (_, record, shown) => {
    const { channel, sent } = await started();
    await channel('user').publishCreate(record);
    expect(await sent()).toEqual([['user', { verb: 'created', id: 1, data: shown }]]);
  });

  it('is so by every method: changes, previous, added, messages, verbs of your own, and raw data', async () => {
    const { channel, sent } = await started({ user: { verbs: ['seen'] } });
    const users = channel('user');
    const [user, previous] = [new User(1), new User(1, 'before')];

    await users.publishUpdate(1, user, { previous });
    await users.publishDestroy(user, { previous });
    await users.publishAdd(1, 'friends' as never, new User(2));
    await users.message(1, { from: user });
    await users.publishVerb('seen', 1, [user]);
    await users.publish(1, user);

    const before = { ...shownUser, name: 'before' };
    expect((await sent()).map(([, message]) => message)).toEqual([
      { verb: 'updated', id: 1, data: shownUser, previous: before },
      { verb: 'destroyed', id: 1, previous: before },
      { verb: 'addedTo', id: 1, attribute: 'friends', addedId: 2, added: { ...shownUser, id: 2 } },
      { verb: 'messaged', id: 1, data: { from: shownUser } },
      { verb: 'seen', id: 1, data: [shownUser] },
      shownUser,
    ]);
  });

  it('is so by broadcast, blast and request, too', async () => {
    const { app, client, sent } = await started();
    client.socket.on('ask', (data: unknown, acknowledge: (data: unknown) => void) => acknowledge(data));

    await app.sockets.broadcast(client.id, 'news', { user: new User(1) });
    await app.sockets.blast('news', [new User(1)]);
    const answer = await app.sockets.request(client.id, 'ask', new User(1));

    expect(answer).toEqual(shownUser);
    expect((await sent()).filter(([event]) => event === 'news')).toEqual([
      ['news', { user: shownUser }],
      ['news', [shownUser]],
    ]);
  });

  it('is so where only records within it have a view', async () => {
    const view = ({ id }: { id: number }): object => ({ id });
    const { channel, sent } = await started({
      team: { relations: { members: hasMany('player', 'team') } },
      player: { view },
    });
    await channel('team').publishCreate(Object.assign(new User(1), { members: [{ id: 7, name: SECRET }] }));
    expect(await sent()).toEqual([['team', { verb: 'created', id: 1, data: { ...shownUser, members: [{ id: 7 }] } }]]);
  });

  it('is given to a view, which says what is sent', async () => {
    class PublicUser {
      @Expose() id!: number;
      @Expose() rank!: number;
    }
    const { channel, sent } = await started({ user: { view: PublicUser } });
    await channel('user').publishCreate(new User(1));
    expect(await sent()).toEqual([['user', { verb: 'created', id: 1, data: { id: 1, rank: 1 } }]]);
  });
});

describe('any other object that code publishes', () => {
  it('has the form that JSON gives it', async () => {
    class Price {
      @Expose() readonly id = 1;
      readonly amount = new Decimal('0.10');
      readonly at = new Date(0);
      @Exclude({ toClassOnly: true }) readonly note = 'shown';
    }
    const { channel, sent } = await started();
    await channel('user').publishCreate(new Price());
    await channel('user').message(1, { constructor: 'a field' });
    expect(await sent()).toMatchObject([
      ['user', { data: { id: 1, amount: '0.1', at: '1970-01-01T00:00:00.000Z', note: 'shown' } }],
      ['user', { data: { constructor: 'a field' } }],
    ]);
  });
});
