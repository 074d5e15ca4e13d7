import { Controller, Get, Param, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { belongsTo, PublishOnUpdate, Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id') id: string) {
    return { id, name: 'ada' };
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  rename(@Param('id') id: string) {
    return { id, name: 'grace' };
  }
}

@Controller('pets')
@Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
class PetsController {
  @Get('populated')
  @SubscribeOnRead({ relations: true })
  populated() {
    return [{ id: 7, owner: { id: 1 } }];
  }

  @Get()
  @SubscribeOnRead({ watch: true })
  all() {
    return [];
  }

  @Get('new')
  @SubscribeOnRead({ watch: ['created'], slice: false })
  watchedForNew() {
    return [];
  }

  @Get('plain')
  plain() {
    return [];
  }

  @Get('keyed')
  @SubscribeOnRead({ id: 'chip number', select: ['items', 'page.pets'] })
  keyed() {
    return { page: { pets: [{ 'chip number': 7 }] } };
  }

  @Get('computed')
  @SubscribeOnRead({ select: ({ pets }: { pets: object[] }) => pets })
  computed() {
    return { pets: [{ id: 7 }] };
  }
}

@Controller()
@Resourceful('toy', { id: '_id', slices: ['shelfId', ['owner.name', 'kind']], select: 'toys' })
class ToysController {
  @Get('shelves/:shelfId/toys')
  @SubscribeOnRead({ watch: true })
  ofShelf() {
    return { toys: [], total: 0 };
  }

  @Get('shelves/:shelfId/toys/new')
  @SubscribeOnRead({ watch: ['created'] })
  newOfShelf() {
    return { toys: [] };
  }

  @Get('kinds/:kind/toys/:name')
  @SubscribeOnRead({ watch: true, slice: { 'owner.name': 'name' } })
  ofKind() {
    return { toys: [] };
  }

  @Get('toys/:id')
  @SubscribeOnRead()
  one() {
    return { _id: 'a', shelfId: 'top-secret-shelf' };
  }
}

const app = () => start({ controllers: [UsersController, PetsController, ToysController] });

describe('The answer to a read that subscribes', () => {
  it.each([
    ['one record', '/users/1', 'user; id=id'],
    ['an empty list that is watched', '/pets', 'pet; id=id'],
    ['records with others in them', '/pets/populated', 'pet; id=id, user'],
    ['records in a field', '/pets/keyed', 'pet; id="chip%20number id"; select="items page.pets"'],
    ['records that only a function finds', '/pets/computed', 'pet'],
    ['a slice', '/shelves/top-secret-shelf/toys', 'toy; id="_id"; select=toys; slice=shelfId'],
    ['a slice by a path', '/kinds/ball/toys/ada', 'toy; id="_id"; select=toys; slice="owner.name kind"'],
    ['a list that is watched for some verbs', '/pets/new', 'pet; id=id; verbs=created'],
    [
      'a slice that is watched for some',
      '/shelves/a/toys/new',
      'toy; id="_id"; select=toys; slice=shelfId; verbs="created entered left"',
    ],
    ['one record that no slice is watched with', '/toys/a', 'toy; id="_id"; select=toys'],
    ['nothing that subscribes', '/pets/plain', undefined],
  ])('names the resources, and the fields that hold their records, for %s', async (_what, url, expected) => {
    const client = await (await app()).connect();

    const { headers } = (await client.socket.emitWithAck('get', { url })) as { headers: Record<string, string> };

    expect(headers['realtime-resource']).toBe(expected);
  });

  it('names them over HTTP if the request names a socket, and only then', async () => {
    const application = await app();
    const client = await application.connect();

    const named = await application.request('GET', '/users/1', undefined, { 'x-socket-id': client.id });
    const unnamed = await application.request('GET', '/users/1');

    expect(named.headers.get('realtime-resource')).toBe('user; id=id');
    expect(unnamed.headers.get('realtime-resource')).toBeNull();
  });

  it('names the resources alone where it says no position', async () => {
    const imports = [SocketsModule.forRoot({ journal: false })];
    const client = await (await start({ controllers: [UsersController], imports })).connect();

    const { headers } = (await client.socket.emitWithAck('get', { url: '/users/1' })) as { headers: object };

    expect(headers).toHaveProperty('realtime-resource', 'user');
  });

  it('is a read: a change that subscribes cannot be repeated', async () => {
    const client = await (await app()).connect();

    const { headers } = (await client.socket.emitWithAck('patch', { url: '/users/1' })) as { headers: object };

    expect(headers).not.toHaveProperty('realtime-resource');
  });
});
