import { Controller, Delete, Get, Param } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, JoinRoom, LeaveRoom, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { withCluster } from '../../../support/cluster.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller()
class BoardsController {
  @Get('boards/:board')
  @JoinRoom('board:{board}')
  find(@Param('board') board: string): object {
    return { board };
  }

  @Get('pairs/:one/:other')
  @JoinRoom('board:{one}')
  @JoinRoom('board:{other}')
  findPair(@Param('one') one: string, @Param('other') other: string): object {
    return { one, other };
  }

  @Delete('boards/:board')
  @LeaveRoom('board:{board}')
  leave(@Param('board') board: string): object {
    return { board };
  }
}

@WebSocketGateway({ namespace: 'chat' })
class ChatGateway {}

const sockets = { limits: { joinedRooms: 2 } };

const startApplication = (): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot(sockets)], controllers: [BoardsController], providers: [ChatGateway] });

const open = ({ socket }: TestClient, board: string | number): Promise<{ statusCode: number }> =>
  socket.emitWithAck('get', { url: `/boards/${board}` }) as Promise<{ statusCode: number }>;

async function roomsOf(app: TestApplication, client: TestClient): Promise<string[]> {
  return (await app.sockets.socketRooms(client.id)).filter((room) => room !== client.id).sort();
}

describe('The rooms of @JoinRoom', () => {
  it('are limited: further ones are answered, but not joined, and the socket is told so', async () => {
    const app = await startApplication();
    const client = await app.connect();
    for (const board of [1, 2, 3, 1]) expect((await open(client, board)).statusCode).toBe(200);
    await app.settle();
    expect(client.heard('revoked')).toEqual([{ room: 'board:3', code: 'LIMIT_EXCEEDED' }]);
    expect(await roomsOf(app, client)).toEqual(['board:1', 'board:2']);
    expect(app.sockets.metrics().refused.joinedRooms).toBe(1);
  });

  it('make room by leaving, whoever has the socket leave', async () => {
    const app = await startApplication();
    const client = await app.connect();
    await open(client, 1);
    await open(client, 2);
    await client.socket.emitWithAck('delete', { url: '/boards/1' });
    await open(client, 3);
    await app.sockets.leave(client.id, 'board:2');
    await open(client, 4);
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await roomsOf(app, client)).toEqual(['board:3', 'board:4']);
    await open(client, 5);
    await app.settle();
    expect(client.heard('revoked')).toEqual([{ room: 'board:5', code: 'LIMIT_EXCEEDED' }]);
  });

  it('do not include those that code joins', async () => {
    const app = await startApplication();
    const client = await app.connect();
    await app.sockets.join(client.id, ['board:1', 'a', 'b', 'c']);
    for (const board of [1, 2, 3]) await open(client, board);
    await app.sockets.join(client.id, 'd');
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await roomsOf(app, client)).toEqual(['a', 'b', 'board:1', 'board:2', 'board:3', 'c', 'd']);
  });

  it('are those of a connection, whatever its namespaces, and are counted anew with each connection', async () => {
    const app = await startApplication();
    const shared = { forceNew: false, multiplex: true };
    const [one, other] = [await app.connect(shared), await app.connect({ ...shared, namespace: '/chat' })];
    expect(one.socket.io).toBe(other.socket.io);
    await open(one, 1);
    await open(other, 1);
    await open(other, 2);
    await app.settle();
    expect(other.heard('revoked')).toEqual([{ room: 'board:2', code: 'LIMIT_EXCEEDED' }]);
    const next = await app.connect();
    await open(next, 1);
    await open(next, 2);
    // A socket that has left its namespace is in no room.
    one.socket.disconnect();
    await open(other, 3);
    await app.settle();
    expect((await app.sockets.of('/chat').socketRooms(other.id)).sort()).toEqual(
      [other.id, 'board:1', 'board:3'].sort(),
    );
    expect([next, other].map((client) => client.heard('revoked').length)).toEqual([0, 1]);
  });

  it('are a whole number', async () => {
    const attempt = start({ imports: [SocketsModule.forRoot({ limits: { joinedRooms: 0 } })] });
    await expectRefusal(attempt, InvalidOptionsError, 'INVALID_OPTIONS', '"limits.joinedRooms"', 'whole number');
  });
});

describe('two servers of a cluster', () => {
  const startCluster = withCluster();

  it('a socket is held to the limit by the server that it is connected to', async (context) => {
    const cluster = await startCluster(context, { controllers: [BoardsController], sockets });
    const client = await cluster.connect(cluster.a);
    const headers = { 'x-socket-id': client.id };
    for (const board of [1, 2, 3]) await cluster.b.request('GET', `/boards/${board}`, undefined, headers);
    expect(await client.next('revoked')).toEqual([{ room: 'board:3', code: 'LIMIT_EXCEEDED' }]);
  });
});
