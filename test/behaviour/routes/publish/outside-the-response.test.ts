import {
  ClassSerializerInterceptor,
  Controller,
  Param,
  ParseIntPipe,
  Patch,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude, Expose } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  PublishOnAdd,
  PublishOnUpdate,
  ResourcefulPubSub,
  Resourceful,
  SocketsModule,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';

class Pet {
  id = 7;
  name = 'rex';
  @Exclude() chip = 'secret';
}

class PublicPet {
  @Expose() id!: number;
  @Expose() name!: string;
}

describe('row 59: what an option takes from elsewhere than the response', () => {
  it('is not told, since no serializer has seen it: of a child only the id, of a selected record nothing', async () => {
    @Controller('users')
    @Resourceful('user')
    @UseInterceptors(ClassSerializerInterceptor)
    class UsersController {
      @Put(':id/pets')
      @PublishOnAdd('pets', { child: () => new Pet() })
      addPet() {
        return { ok: true };
      }

      @Patch(':id')
      @PublishOnUpdate({ select: () => new Pet() })
      update() {
        return { ok: true };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('PUT', '/users/1/pets');
    await app.request('PATCH', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'addedTo', id: '1', attribute: 'pets', addedId: 7 }]);
    expect(app.get(ResourcefulPubSub).counters.skipped).toBe(1);
  });

  it('is told in its view', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Put(':id/pets')
      @PublishOnAdd('pets', { child: () => new Pet(), view: PublicPet })
      addPet() {
        return { ok: true };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('PUT', '/users/1/pets');

    const [message] = await watcher.next('user');
    expect(message).toEqual({
      verb: 'addedTo',
      id: '1',
      attribute: 'pets',
      addedId: 7,
      added: { id: 7, name: 'rex' },
    });
  });

  it('is told where a function selects a part of the response, or some of its parts', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate({ select: ({ data }: { data: Array<{ user: object }> }) => data.map(({ user }) => user) })
      update(@Param('id', ParseIntPipe) id: number) {
        return { data: [{ user: { id, name: 'ada' } }] };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('PATCH', '/users/1');

    const [message] = await watcher.next('user');
    expect(message).toEqual({ verb: 'updated', id: 1, data: { id: 1, name: 'ada' } });
  });
});

describe('row 36: a record that a route takes from another parent', () => {
  it('is told to that parent, which "previous" found before the handler ran', async () => {
    const owners = new Map([[7, 1]]);

    @Controller('users')
    @Resourceful('user', { idType: 'number' })
    class UsersController {
      @Put(':id/pets/:petId')
      @PublishOnAdd('pets', {
        previous: ({ params }) => ({ owner: owners.get(Number(params.petId)) }),
        movedFrom: (_petId, _attribute, _context, previous: { owner: number }) => previous.owner,
      })
      addPet(@Param('id', ParseIntPipe) id: number, @Param('petId', ParseIntPipe) petId: number) {
        owners.set(petId, id);
        return { id };
      }
    }
    const app = await start({
      imports: [
        SocketsModule.forRoot({ resources: { pet: {}, user: { relations: { pets: hasMany('pet', 'owner') } } } }),
      ],
      controllers: [UsersController],
    });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('PUT', '/users/2/pets/7');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: 2, attribute: 'pets', addedId: 7 },
      { verb: 'removedFrom', id: 1, attribute: 'pets', removedId: 7 },
    ]);
  });
});
