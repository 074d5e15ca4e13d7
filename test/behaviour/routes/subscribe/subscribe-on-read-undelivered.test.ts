import { Controller, Get, Injectable, Param, ParseIntPipe, Res } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead, Unsubscribe } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { differences } from '../../../support/platform-differences.js';
import { Gate } from '../../../support/gate.js';
import { overItsSocket, manners } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';

@Injectable()
class LateGate extends Gate {}

@Controller('users')
@Resourceful('user')
class UsersController {
  constructor(private readonly gate: LateGate) {}

  @Get('all')
  @SubscribeOnRead({ watch: true })
  findAll() {
    return [{ id: 1 }, { id: 2, text: 'x'.repeat(1_000) }];
  }

  @Get('late')
  @SubscribeOnRead({ watch: true })
  async findLate() {
    await this.gate.opened;
    return [{ id: 1 }, { id: 2 }];
  }

  @Get('both')
  @SubscribeOnRead()
  @SubscribeOnRead('late', {
    select: async (response: unknown) => {
      await new Promise((resolve) => setTimeout(resolve, 10_000).unref());
      return response;
    },
  })
  findSlowly() {
    return { id: 1 };
  }

  @Get('mute')
  @Unsubscribe({ watch: true })
  mute() {
    return { id: 1, text: 'x'.repeat(1_000) };
  }

  @Get('by-hand')
  @SubscribeOnRead()
  answerByHand(@Res({ passthrough: true }) response: { send: (body: string) => unknown }) {
    response.send('nothing for you');
    return { id: 1 };
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }
}

describe('An answer that does not reach its reader', () => {
  const startIt = (requests: { maxResponseSize?: number; timeout?: number }) =>
    start({
      imports: [SocketsModule.forRoot({ requests })],
      controllers: [UsersController],
      providers: [LateGate],
    });

  it('subscribes nobody if it is too large, and takes away nothing that there was before', async () => {
    const app = await startIt({ maxResponseSize: 500 });
    const client = await app.connect();
    await overItsSocket.send(app, client, 'GET', '/users/1');

    expect(await overItsSocket.send(app, client, 'GET', '/users/all')).toMatchObject({ status: 413 });
    expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, app.channel('user').getRoomName(1)]);
  });

  it('subscribes nobody if it is too late', async () => {
    const clock = stopClock();
    const app = await startIt({ timeout: 50 });
    const client = await app.connect();

    const tooLate = overItsSocket.send(app, client, 'GET', '/users/late');
    expect(await clock.passUntil(tooLate)).toMatchObject({ status: 504 });
    app.get(LateGate).open();
    await overItsSocket.send(app, client, 'GET', '/users/3');
    expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, app.channel('user').getRoomName(3)]);
  });

  it('leaves alone what another answer, which did arrive, has subscribed to meanwhile', async () => {
    const clock = stopClock();
    const app = await startIt({ timeout: 300 });
    const client = await app.connect();
    const tooLate = overItsSocket.send(app, client, 'GET', '/users/both');
    const inTime = await overItsSocket.send(app, client, 'GET', '/users/1');

    expect(inTime).toMatchObject({ status: 200 });
    await clock.pass(300);
    expect(await tooLate).toMatchObject({ status: 504 });
    expect(await subscriptions(app, client)).toEqual(['user/1']);
  });

  it('subscribes nobody to what an earlier one had, and has been given up since', async () => {
    const app = await startIt({ maxResponseSize: 500 });
    const client = await app.connect();
    await overItsSocket.send(app, client, 'GET', '/users/1');
    await app.channel('user').unsubscribe(client.id, 1);

    expect(await overItsSocket.send(app, client, 'GET', '/users/all')).toMatchObject({ status: 413 });
    expect(await subscriptions(app, client)).toEqual([]);
  });

  it('unsubscribes nobody', async () => {
    const app = await startIt({ maxResponseSize: 500 });
    const client = await app.connect();
    await app.channel('user').watch(client.id);
    await overItsSocket.send(app, client, 'GET', '/users/1');

    expect(await overItsSocket.send(app, client, 'GET', '/users/mute')).toMatchObject({ status: 413 });
    expect(await subscriptions(app, client)).toEqual(['user', 'user/1']);
  });
});

describe.each(manners)('An answer, $manner', ({ send }) => {
  it('subscribes nobody if something below Nest refuses it', async () => {
    const app = await start({
      controllers: [UsersController],
      providers: [LateGate],
      main: differences.refuseResponses,
    });
    const client = await app.connect();

    expect(await send(app, client, 'GET', '/users/1')).toMatchObject({ status: 403 });
    await expect.poll(() => subscriptions(app, client)).toEqual([]);
  });

  it('subscribes nobody if the handler sends something else by itself', async () => {
    const app = await start({ controllers: [UsersController], providers: [LateGate] });
    const client = await app.connect();

    expect(await send(app, client, 'GET', '/users/by-hand')).toMatchObject({ body: 'nothing for you' });
    expect(await subscriptions(app, client)).toEqual([]);
  });
});
