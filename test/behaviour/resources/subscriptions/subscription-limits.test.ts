import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionsError,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  SubscribesTo,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { withCluster } from '../../../support/cluster.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get('of/:from/:to')
  @SubscribeOnRead()
  find(@Param('from', ParseIntPipe) from: number, @Param('to', ParseIntPipe) to: number): object[] {
    return Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index }));
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

@WebSocketGateway({ namespace: 'cards' })
@SubscribesTo('card')
class CardsGateway {}

const limited = { maxSubscriptions: 128 };

describe('The option "maxSubscriptions"', () => {
  it('128 subscriptions work and number 129 is refused, of which the reader is told', async () => {
    const app = await start({ imports: [SocketsModule.forRoot(limited)], controllers: [CardsController] });
    const client = await app.connect();
    const read = (url: string): Promise<unknown> => client.socket.emitWithAck('get', { url });
    // Rooms of the application's own are none.
    await app.sockets.join(client.id, ['one', 'two']);
    await read('/cards/of/1/127');
    await read('/cards/128');

    const answer = await read('/cards/129');
    // What it has already is nothing more.
    await read('/cards/of/1/128');
    for (const id of [1, 128, 129]) await app.channel('card').publishUpdate(id, { title: 'new' });
    await app.settle();

    expect(answer).toMatchObject({ statusCode: 200, body: { id: 129 } });
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [129], code: 'LIMIT_EXCEEDED' }]);
    expect(client.heard('card')).toMatchObject([{ id: 1 }, { id: 128 }]);

    client.socket.emit('sockets:unsubscribe', { resource: 'card', ids: [1] });
    await read('/cards/129');
    expect(await app.channel('card').subscribers(129)).toEqual([client.id]);
  });

  it('counts the subscriptions of a connection, whatever its namespaces', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ maxSubscriptions: 3 })],
      controllers: [CardsController],
      providers: [CardsGateway],
    });
    const shared = { forceNew: false, multiplex: true };
    const [one, other] = [await app.connect(shared), await app.connect({ ...shared, namespace: '/cards' })];
    expect(one.socket.io).toBe(other.socket.io);
    const read = ({ socket }: TestClient, url: string): Promise<unknown> => socket.emitWithAck('get', { url });
    await read(one, '/cards/of/1/2');
    await read(other, '/cards/of/1/2');
    await read(other, '/cards/1');
    await read(one, '/cards/3');
    await read(other, '/cards/4');
    await app.settle();
    expect(one.heard('revoked')).toEqual([{ resource: 'card', ids: [3], code: 'LIMIT_EXCEEDED' }]);
    expect(other.heard('revoked')).toEqual([
      { resource: 'card', ids: [1, 2], code: 'LIMIT_EXCEEDED' },
      { resource: 'card', ids: [4], code: 'LIMIT_EXCEEDED' },
    ]);
    expect(app.sockets.metrics().refused.subscriptions).toBe(3);
    // What has been left makes room, in each namespace.
    await one.socket.emitWithAck('sockets:unsubscribe', { resource: 'card' });
    await read(other, '/cards/of/7/8');
    expect(await app.channel('card').subscribers(8)).toEqual([other.id]);
  });

  it('a list that would lead beyond it leads nowhere', async () => {
    const app = await start({ imports: [SocketsModule.forRoot(limited)], controllers: [CardsController] });
    const client = await app.connect();
    await client.socket.emitWithAck('get', { url: '/cards/of/1/129' });
    await app.settle();
    const ids = Array.from({ length: 129 }, (_, index) => index + 1);
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids, code: 'LIMIT_EXCEEDED' }]);
    expect(await app.channel('card').subscribers(1)).toEqual([]);
  });

  it('is a whole number', async () => {
    for (const maxSubscriptions of [0, -1, 1.5, Infinity, '128']) {
      const options = { maxSubscriptions: maxSubscriptions as number };
      const attempt = start({ imports: [SocketsModule.forRoot(options)] });
      await expectRefusal(attempt, InvalidOptionsError, 'INVALID_OPTIONS', '"maxSubscriptions"', 'whole number');
    }
  });
});

describe('two servers of a cluster', () => {
  const startCluster = withCluster();

  it('a socket is held to the limit by the server that it is connected to', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController], sockets: { maxSubscriptions: 2 } });
    const client = await cluster.connect(cluster.a);
    const headers = { 'x-socket-id': client.id };
    await cluster.b.request('GET', '/cards/of/1/2', undefined, headers);
    await cluster.b.request('GET', '/cards/3', undefined, headers);
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [3], code: 'LIMIT_EXCEEDED' }]);
    expect(await cluster.a.channel('card').subscribers(2)).toEqual([client.id]);
    expect(await cluster.a.channel('card').subscribers(3)).toEqual([]);
  });
});
