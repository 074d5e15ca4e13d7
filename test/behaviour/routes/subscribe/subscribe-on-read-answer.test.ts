import { Controller, Get } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { Publish, Resourceful, SubscribeOnRead, SubscribesTo, Unsubscribe } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { Gate } from '../../../support/gate.js';
import { Logs } from '../../../support/logs.js';
import { overItsSocket, manners } from '../support/manners.js';
import { publishOnEnd } from '../support/publish-on-end.js';
import { subscriptions } from '../support/subscriptions.js';

const fail = (): never => {
  throw new Error('the option is broken');
};

let gate = new Gate();
let asked: () => void;

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get('now')
  @SubscribeOnRead()
  now() {
    return [{ id: 1 }];
  }

  @Get('later')
  @SubscribeOnRead({ id: ({ id }) => new Promise((resolve) => setTimeout(resolve, 20, id)) })
  later() {
    return [{ id: 1 }];
  }

  @Get('seen')
  @SubscribeOnRead()
  @Publish('seen', { mirror: true })
  see() {
    return { id: 1, name: 'new' };
  }

  @Get('never')
  @SubscribeOnRead({
    id: () => {
      asked();
      return gate.opened.then(() => 1);
    },
  })
  never() {
    return [{ id: 1 }];
  }

  @Get('select')
  @SubscribeOnRead({ select: fail, watch: true })
  select() {
    return [{ id: 1 }];
  }

  @Get('id')
  @SubscribeOnRead({ id: ({ id }) => (id === 1 ? fail() : id) })
  id() {
    return [{ id: 1 }, { id: 2 }];
  }

  @Get('id-later')
  @SubscribeOnRead({ id: async () => fail() })
  idLater() {
    return { id: 1 };
  }

  @Get('without-id')
  @SubscribeOnRead({ watch: true })
  withoutId() {
    return [{ name: 'ada' }, { id: 2 }];
  }

  @Get('left')
  @Unsubscribe({ id: fail })
  left() {
    return { id: 1 };
  }
}

describe.each(manners)('A reader $manner', ({ send }) => {
  it.each(['now', 'later'])('is subscribed before its answer is sent, if the id is known %s', async (path) => {
    const app = await start({ controllers: [UsersController], main: publishOnEnd });
    const client = await app.connect();
    await send(app, client, 'GET', `/users/${path}`);
    const [message] = await client.next('user');
    expect(message).toEqual({ verb: 'updated', id: 1, data: { name: 'while it is answered' } });
  });

  it('hears what its own request publishes to all, after it was subscribed by that', async () => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();
    await send(app, client, 'GET', '/users/seen');
    await app.settle();
    expect(client.heard('user')).toEqual([{ verb: 'seen', id: 1, data: { id: 1, name: 'new' } }]);
  });

  const failing: Array<[path: string, rooms: string[]]> = [
    ['select', []],
    ['id', ['user/2']],
    ['id-later', []],
    ['left', []],
  ];
  it.each(failing)('is answered though the function of "%s" fails, which is logged', async (path, rooms) => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const client = await app.connect();
    expect((await send(app, client, 'GET', `/users/${path}`)).status).toBe(200);
    expect(await subscriptions(app, client)).toEqual(rooms);
    expect(log.naming('UsersController.').errors).toEqual([
      expect.stringMatching(
        /@(SubscribeOnRead|Unsubscribe)\(\) on UsersController\.\w+\(\): not (un)?subscribed\..*the option is broken/,
      ),
    ]);
  });

  it('is subscribed to the records that have an id; that others have none is said once', async () => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const client = await app.connect();
    for (let time = 0; time < 3; time++) await send(app, client, 'GET', '/users/without-id');
    expect(await subscriptions(app, client)).toEqual(['user', 'user/2']);
    expect(log.naming('UsersController.withoutId()').warnings).toEqual([
      expect.stringContaining(
        '@SubscribeOnRead() on UsersController.withoutId(): the requester was not subscribed, ' +
          'since neither the response nor the route holds the id; ' +
          'say where it is with the option "id". (Logged once per route.)',
      ),
    ]);
  });
});

describe('The answer', () => {
  it('waits five seconds for a function that hangs, and goes on without; its late outcome is dropped', async () => {
    gate = new Gate();
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const clock = stopClock();
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const client = await app.connect();

    const answer = overItsSocket.send(app, client, 'GET', '/users/never');
    await isAsked;
    await clock.pass(4_999);
    await app.settle();
    const isWaiting = await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'still'))]);
    expect(isWaiting).toBe('still');
    await clock.pass(1);
    expect((await answer).status).toBe(200);
    gate.open();
    await app.settle();

    expect(await subscriptions(app, client)).toEqual([]);
    expect(log.naming('UsersController.never()').errors).toEqual([
      expect.stringMatching(/@SubscribeOnRead\(\) on UsersController\.never\(\): not subscribed\..*5000 ms/),
    ]);
  });
});

describe.each(manners)('With namespaces, a reader $manner', ({ send }) => {
  @WebSocketGateway({ namespace: 'admin' })
  @SubscribesTo('user', { only: true })
  class AdminGateway {}

  const options = { controllers: [UsersController], providers: [AdminGateway] };

  it('is subscribed in the namespace that carries the resource', async () => {
    const app = await start(options);
    const admin = await app.connect({ namespace: '/admin' });
    await send(app, admin, 'GET', '/users/now');
    await app.channel('user').publishUpdate(1, {});
    await app.settle();
    expect(admin.heard('user')).toHaveLength(1);
    expect(await subscriptions(app, admin, '/admin')).toEqual(['user/1']);
  });

  it('is not subscribed in one that does not, and is answered all the same; the log says so once', async () => {
    const log = new Logs();
    const app = await start({ ...options, main: log.open });
    const [admin, client] = [await app.connect({ namespace: '/admin' }), await app.connect()];
    for (let time = 0; time < 2; time++) {
      expect((await send(app, client, 'GET', '/users/now')).status).toBe(200);
    }
    expect(await subscriptions(app, client)).toEqual([]);
    expect(await subscriptions(app, admin, '/admin')).toEqual([]);
    expect(log.naming('UsersController.now()').warnings).toEqual([
      expect.stringContaining(
        '@SubscribeOnRead() on UsersController.now(): the requester was not subscribed, ' +
          'since its socket is connected to the namespace "/", and "user" is ' +
          'published in "/admin"; say @SubscribesTo(\'user\') on a gateway of "/". (Logged once per route.)',
      ),
    ]);
  });
});
