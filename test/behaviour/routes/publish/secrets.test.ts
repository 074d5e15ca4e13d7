import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Get,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  SerializeOptions,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Exclude, Expose, instanceToPlain, Type } from 'class-transformer';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { recordFrames } from '../support/frames.js';

/** Strings that must be in no frame of any socket. */
const SECRETS = {
  password: `password-${randomUUID()}`,
  nested: `nested-${randomUUID()}`,
  previous: `previous-${randomUUID()}`,
  previousNested: `previous-nested-${randomUUID()}`,
  getter: `getter-${randomUUID()}`,
  list: `list-${randomUUID()}`,
  toys: `toys-${randomUUID()}`,
  group: `group-${randomUUID()}`,
};

class Owner {
  id = 4;
  name = 'owner';
  @Exclude() password: string = SECRETS.nested;

  constructor(password = SECRETS.nested) {
    this.password = password;
  }
}

class Toy {
  id = 9;
  @Exclude() price: string = SECRETS.toys;
}

class Pet {
  id = 1;
  name = 'rex';
  @Exclude() password: string;
  @Type(() => Owner) owner: Owner;
  @Type(() => Toy) toys = [new Toy()];
  @Expose({ groups: ['vet'] }) diagnosis: string = SECRETS.group;

  constructor(password = SECRETS.password, nested = SECRETS.nested) {
    this.password = password;
    this.owner = new Owner(nested);
  }

  @Exclude() get secretGetter(): string {
    return SECRETS.getter;
  }
}

/** As an ORM would give it: of a class, or plain. */
const before = () => new Pet(SECRETS.previous, SECRETS.previousNested);
const plainBefore = () => ({ ...before(), secretGetter: SECRETS.getter, tags: [{ hidden: SECRETS.list }] });

class PublicPet {
  @Expose() id!: number;
  @Expose() name!: string;
}

@Controller('pets')
@Resourceful('pet', { relations: { owner: belongsTo('owner', 'pets') } })
class PetsController {
  @Get()
  find() {
    return [new Pet()];
  }

  @Post()
  @PublishOnCreate({ to: 'lobby' })
  create() {
    return new Pet();
  }

  @Post('many')
  @PublishOnCreate({ to: 'lobby', select: 'rows' })
  createMany() {
    return { rows: [new Pet(), new Pet()], secret: 1 };
  }

  @Patch(':id')
  @PublishOnUpdate({ to: 'lobby', previous: before })
  update() {
    return new Pet();
  }

  @Put(':id')
  @PublishOnUpdate({ to: 'lobby', previous: plainBefore })
  put() {
    return { ...instanceToPlain(new Pet()), tags: [] };
  }

  @Patch(':id/silently')
  @PublishOnUpdate({ to: 'lobby', previous: plainBefore })
  updateSilently() {}

  @Patch(':id/as-dto')
  @SerializeOptions({ type: PublicPet, excludeExtraneousValues: true })
  @PublishOnUpdate({ to: 'lobby', previous: plainBefore })
  updateAsDto() {
    return plainBefore();
  }

  @Patch(':id/viewed')
  @PublishOnUpdate({ to: 'lobby', previous: before, view: PublicPet })
  updateViewed() {
    return new Pet();
  }

  @Post(':id/checked')
  @Publish('checked', { to: 'lobby' })
  check() {
    return new Pet();
  }

  @Post(':id/friends')
  @PublishOnAdd('friends', { to: 'lobby' })
  addFriend() {
    return new Pet();
  }

  @Delete(':id/friends/:friendId')
  @PublishOnRemove('friends', { to: 'lobby' })
  removeFriend() {
    return new Pet();
  }

  @Put(':id/friends')
  @PublishOnReplace('friends', { to: 'lobby', previous: () => [before()] })
  replaceFriends(@Body() _body: unknown) {
    return {
      id: 1,
      friends: [
        { ...new Pet(), id: 2 },
        { ...new Pet(), id: 3 },
      ],
    };
  }

  @Delete(':id')
  @PublishOnDestroy({ to: 'lobby', previous: before })
  remove(@Param('id', ParseIntPipe) _id: number) {
    return new Pet();
  }
}

@Controller('owners')
@Resourceful('owner')
class OwnersController {}

describe('row 59: no secret is in any frame of any socket', () => {
  it('of subscribers, watchers, members of further rooms, bystanders, over both transports', async () => {
    const app = await start({
      controllers: [PetsController, OwnersController],
      main: (nest) => void nest.useGlobalInterceptors(new ClassSerializerInterceptor(nest.get(Reflector))),
    });
    const names = ['subscriber', 'watcher', 'member', 'owner', 'bystander', 'poller'] as const;
    const clients = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const client = await app.connect(name === 'poller' ? { transports: ['polling'] } : {});
          return [name, client] as const;
        }),
      ),
    );
    const frames = Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, recordFrames(client)]));
    const { subscriber, watcher, member, owner, poller } = clients as Record<(typeof names)[number], typeof clients.x>;
    await app.channel('pet').subscribe(subscriber.id, [1, 2, 3]);
    await app.channel('pet').watch([watcher.id, poller.id]);
    await app.channel('owner').subscribe(owner.id, 4);
    await app.sockets.join(member.id, 'lobby');

    const requests: Array<[string, string]> = [
      ['POST', '/pets'],
      ['POST', '/pets/many'],
      ['PATCH', '/pets/1'],
      ['PUT', '/pets/1'],
      ['PATCH', '/pets/1/silently'],
      ['PATCH', '/pets/1/as-dto'],
      ['PATCH', '/pets/1/viewed'],
      ['POST', '/pets/1/checked'],
      ['POST', '/pets/1/friends'],
      ['DELETE', '/pets/1/friends/2'],
      ['PUT', '/pets/1/friends'],
      ['DELETE', '/pets/1'],
    ];
    for (const [method, path] of requests) {
      const { status } = await app.request(method, path, method === 'DELETE' ? undefined : {});
      expect([200, 201], `${method} ${path}`).toContain(status);
    }
    await app.settle();

    const verbs = (watcher.heard('pet') as Array<{ verb: string }>).map(({ verb }) => verb);
    expect(verbs.toSorted()).toEqual(
      [
        ...['created', 'created', 'created', 'updated', 'updated', 'updated', 'updated', 'updated', 'checked'],
        ...['addedTo', 'removedFrom', 'addedTo', 'addedTo', 'removedFrom', 'destroyed'],
      ].toSorted(),
    );
    expect(poller.heard('pet')).toEqual(watcher.heard('pet'));
    expect(member.heard('pet')).toHaveLength(15);
    expect(owner.heard('owner').length).toBeGreaterThan(0);
    for (const [name, own] of Object.entries(frames)) {
      // The marker is in them, so they are all there are.
      expect(own.join('\n'), name).toContain('marker');
      for (const [kind, secret] of Object.entries(SECRETS))
        expect(own.join('\n'), `${kind}, heard by ${name}`).not.toContain(secret);
    }
    // And the suite looks in the right place: what may be told is in the frames.
    expect(frames.watcher.join('\n')).toContain('rex');
    expect(frames.bystander.join('\n')).not.toContain('rex');
  });
});
