import { Body, Controller, Delete, ForbiddenException, Get, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead, Unsubscribe } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { manners } from '../support/manners.js';
import { publishOnEnd } from '../support/publish-on-end.js';
import { subscriptions } from '../support/subscriptions.js';

@Controller('users')
@Resourceful('user')
@SubscribeOnRead({ watch: true })
class UsersController {
  @Delete(':id/subscription')
  @HttpCode(204)
  @Unsubscribe()
  byPath(@Param('id', ParseIntPipe) _id: number) {}

  @Post(':id/leave')
  @Unsubscribe()
  byPathWhateverItAnswers(@Param('id', ParseIntPipe) _id: number) {
    return [{ id: 2 }];
  }

  @Post('leave')
  @Unsubscribe()
  byAnswer(@Body() { answer }: { answer: unknown }) {
    return answer;
  }

  @Post('selected')
  @Unsubscribe({ select: 'left', id: 'key' })
  selected() {
    return { left: [{ id: 3, key: 1 }, 2] };
  }

  @Post('computed')
  @Unsubscribe({ id: async (_: unknown, { body }) => (body as { user: number }).user })
  computed() {}

  @Post(':id/unwatch')
  @Unsubscribe({ watch: true })
  unwatch(@Param('id', ParseIntPipe) _id: number) {}

  @Delete('watch')
  @Unsubscribe({ watch: true })
  unwatchOnly() {}

  @Delete('pets/:petId')
  @Unsubscribe('pet')
  pets() {}

  @Post(':id/refused')
  @Unsubscribe({ watch: true })
  refused() {
    throw new ForbiddenException();
  }

  @Get('instead')
  @Unsubscribe()
  instead() {
    return [{ id: 1 }];
  }
}

const ALL = ['pet/7', 'user', 'user/1', 'user/2', 'user/3'];
const without = (...rooms: string[]): string[] => ALL.filter((room) => !rooms.includes(room));

async function subscribe(app: TestApplication, { id }: TestClient): Promise<void> {
  await app.channel('user').subscribe(id, [1, 2, 3]);
  await app.channel('user').watch(id);
  await app.channel('pet').subscribe(id, 7);
}

describe.each(manners)('@Unsubscribe, $manner,', ({ send }) => {
  const cases: Array<[method: string, path: string, body: object | undefined, left: string[], what: string]> = [
    ['DELETE', '/users/1/subscription', undefined, ['user/1'], 'the record that the path names'],
    ['POST', '/users/1/leave', {}, ['user/1'], 'that one, whatever is answered'],
    ['POST', '/users/leave', { answer: { id: 1 } }, ['user/1'], 'a record that is answered'],
    ['POST', '/users/leave', { answer: [{ id: 1 }, { id: 3 }] }, ['user/1', 'user/3'], 'records'],
    ['POST', '/users/leave', { answer: [1, '3', { id: 2 }] }, ['user/1', 'user/2', 'user/3'], 'ids'],
    ['POST', '/users/leave', { answer: [] }, [], 'nothing'],
    ['POST', '/users/leave', { answer: null }, [], 'null'],
    ['POST', '/users/selected', {}, ['user/1', 'user/2'], 'a part of the answer, by another field'],
    ['POST', '/users/computed', { user: 3 }, ['user/3'], 'what a function says'],
    ['POST', '/users/1/unwatch', {}, ['user', 'user/1'], 'the record and the collection'],
    ['DELETE', '/users/watch', undefined, ['user'], 'the collection alone'],
    ['DELETE', '/users/pets/7', undefined, ['pet/7'], 'another resource'],
    ['POST', '/users/1/refused', {}, [], 'nothing, if the request fails'],
    ['GET', '/users/instead', undefined, ['user/1'], 'the record, where the class subscribes'],
  ];
  it.each(cases)('%s %s with %j ends %j: %s', async (method, path, body, left) => {
    const app = await start({ controllers: [UsersController] });
    const [client, bystander] = [await app.connect(), await app.connect()];
    await subscribe(app, client);
    await subscribe(app, bystander);

    await send(app, client, method, path, body);

    expect(await subscriptions(app, client)).toEqual(without(...left));
    expect(await subscriptions(app, bystander)).toEqual(ALL);
  });

  it('ends subscriptions for whatever verbs they were', async () => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();
    await app.channel('user').subscribe(client.id, [1, 2], { verbs: ['updated', 'destroyed'] });
    await app.channel('user').watch(client.id, undefined, { verbs: ['created'] });

    await send(app, client, 'POST', '/users/1/unwatch');

    expect(await subscriptions(app, client)).toEqual(['user#destroyed/2', 'user#updated/2']);
  });

  it('is done before the answer is sent', async () => {
    const app = await start({ controllers: [UsersController], main: publishOnEnd });
    const client = await app.connect();
    await app.channel('user').subscribe(client.id, 1);
    await send(app, client, 'DELETE', '/users/1/subscription');
    await app.settle();
    expect(client.heard('user')).toEqual([]);
  });

  it('says once in the log where neither the route nor the response says what it is about', async () => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const client = await app.connect();
    for (let time = 0; time < 2; time++) await send(app, client, 'POST', '/users/leave', { answer: { name: 'ada' } });
    expect(log.naming('UsersController.byAnswer()').warnings).toEqual([
      expect.stringContaining(
        '@Unsubscribe() on UsersController.byAnswer(): the requester was not unsubscribed, ' +
          'since neither the response nor the route holds the id',
      ),
    ]);
  });
});
