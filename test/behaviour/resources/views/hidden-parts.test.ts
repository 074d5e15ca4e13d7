import {
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Get,
  Param,
  Patch,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { Expose } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type ResourceOptions,
  type StandardSchema,
  type View,
} from '../../../../src/index.js';
import {
  AdminUser,
  asRole,
  audience,
  PASSWORD,
  PublicUser,
  read,
  SALARY,
  startPeople,
  UserEntity,
} from './support/people.js';

class CardView {
  @Expose() id!: number;
  @Expose() owner!: unknown;
}

const schema = (...fields: string[]): StandardSchema => ({
  '~standard': {
    validate: (value) => ({
      value: Object.fromEntries(fields.map((field) => [field, (value as Record<string, unknown>)[field]])),
    }),
  },
});

const everything = (record: object): object => ({ ...record });

const views: [kind: string, view: View][] = [
  ['class', CardView],
  ['schema', schema('id', 'owner')],
  ['function', everything],
];

const plainOwner = { id: 5, name: 'ada', salary: SALARY, password: PASSWORD };

describe('Views, of parts that nobody shows', () => {
  const startCards = async (card: ResourceOptions, user: ResourceOptions) => {
    @Controller('people')
    @Resourceful('user', user)
    class PeopleController {}

    @Controller('cards')
    @Resourceful('card', { ...card, relations: { owner: belongsTo('user', 'cards') } })
    @UseInterceptors(ClassSerializerInterceptor)
    class CardsController {
      @Get() @SubscribeOnRead({ watch: true }) find(): object[] {
        return [];
      }
      @Post() @PublishOnCreate({ noReverse: true }) create(): object {
        return { id: 1, owner: new UserEntity() };
      }
    }
    const app = await startPeople({ controllers: [PeopleController, CardsController] });
    const [plain, admin] = [await app.connect(asRole()), await app.connect(asRole('admin', 2))];
    for (const client of [plain, admin]) await read(client, '/cards');
    await app.request('POST', '/cards', {});
    await app.channel('card').publishCreate([{ id: 2, owner: plainOwner }], { noReverse: true });
    await app.settle();
    const ownersOf = (client: typeof plain): unknown[] =>
      client.heard('card').map((message) => (message as { data: { owner?: unknown } }).data.owner);
    return { plain: ownersOf(plain), admin: ownersOf(admin) };
  };

  describe.each(views)('where a record in a view that is a %s', (_kind, view) => {
    it.each([
      ['class', PublicUser],
      ['schema', schema('id', 'name')],
      ['function', ({ id, name }: UserEntity) => ({ id, name })],
    ] as [string, View][])('holds one whose view is a %s, show it in that', async (_of, ofUsers) => {
      const { plain, admin } = await startCards({ view }, { view: ofUsers });
      const owner = { id: 5, name: 'ada' };
      expect(plain).toEqual([owner, owner]);
      expect(admin).toEqual(plain);
    });

    it('holds one whose view is a function, give that no more than the response shows', async () => {
      const { plain } = await startCards({ view }, { view: everything });
      expect(plain[0]).toEqual({ id: 5, name: 'ada' });
    });

    it('holds one with a view for the same audience, show that to the audience', async () => {
      const { plain, admin } = await startCards(
        { view, views: { admin: view }, audience },
        { view: PublicUser, views: { admin: AdminUser }, audience },
      );
      expect(plain[1]).toEqual({ id: 5, name: 'ada' });
      expect(admin[1]).toEqual({ id: 5, name: 'ada', salary: SALARY });
    });
  });

  it('show what stands at any depth, and in lists, as its own view does', async () => {
    @Controller('people')
    @Resourceful('user', { view: schema('id', 'boss'), relations: { boss: belongsTo('boss') } })
    class PeopleController {}
    @Controller('bosses')
    @Resourceful('boss', { view: PublicUser })
    class BossesController {}
    @Controller('teams')
    @Resourceful('team', { view: schema('id', 'members'), relations: { members: hasMany('user', 'team') } })
    class TeamsController {}
    const controllers = [PeopleController, BossesController, TeamsController];
    const app = await startPeople({ controllers });
    const client = await app.connect(asRole());
    await app.channel('team').watch(client.id);
    const members = [{ ...plainOwner, boss: plainOwner }, 7];
    await app.channel('team').publishCreate({ id: 1, members }, { noReverse: true });
    const [message] = await client.next('team');
    expect(message).toMatchObject({ data: { id: 1, members: [{ id: 5, boss: { id: 5, name: 'ada' } }, 7] } });
    expect(JSON.stringify(message)).not.toContain(PASSWORD);
  });

  describe('that are functions', () => {
    const startUsers = async (options: ResourceOptions) => {
      const previous = (): object => ({ id: 5, name: 'before', password: PASSWORD });
      @Controller('users')
      @Resourceful('user', { ...options, relations: { friends: hasMany('user', 'friendOf') } })
      class UsersController {
        @Patch(':id') @PublishOnUpdate({ previous }) update(@Param('id') _id: string): object {
          return { id: 5, name: 'after' };
        }
        @Delete(':id') @PublishOnDestroy({ previous, noReverse: true }) remove(@Param('id') _id: string): void {}
        @Put(':id/friends') @PublishOnAdd('friends', { child: previous, noReverse: true }) befriend(): object {
          return { ok: true };
        }
      }
      const app = await startPeople({ controllers: [UsersController] });
      const client = await app.connect(asRole('admin'));
      await app.channel('user').watch(client.id);
      await app.request('PATCH', '/users/5', {});
      await app.request('PUT', '/users/6/friends', {});
      await app.request('DELETE', '/users/5');
      await app.settle();
      return client.heard('user');
    };
    const expected = [
      { verb: 'updated', id: 5, data: { id: 5, name: 'after' }, previous: { id: 5, name: 'before' } },
      { verb: 'addedTo', id: 6, attribute: 'friends', addedId: 5 },
      { verb: 'destroyed', id: 5, previous: { id: 5 } },
    ];

    it('are given of a record as it was, and of one that was added, what the response shows', async () => {
      expect(await startUsers({ view: everything })).toEqual(expected);
    });

    it('are so for an audience', async () => {
      expect(await startUsers({ view: PublicUser, views: { admin: everything }, audience })).toEqual(expected);
    });

    it('and do not take a part of a record, leave its id', async () => {
      const view = ({ id, name }: UserEntity): object => ({ id, name: name.toUpperCase().toLowerCase() });
      expect(await startUsers({ view })).toEqual(expected);
    });
  });
});
