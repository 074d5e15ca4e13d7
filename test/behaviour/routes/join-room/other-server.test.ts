import { Controller, Delete, Get, Param } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { JoinRoom, LeaveRoom } from '../../../../src/index.js';
import { withCluster } from '../../../support/cluster.js';

const startCluster = withCluster();

@Controller('boards')
class BoardsController {
  @Get(':boardId')
  @JoinRoom('board:{boardId}')
  find(@Param('boardId') boardId: string) {
    return { boardId };
  }

  @Delete(':boardId')
  @LeaveRoom('board:{boardId}')
  leave(@Param('boardId') boardId: string) {
    return { boardId };
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {}

const options = { controllers: [BoardsController], providers: [AdminGateway], namespaces: ['/', '/admin'] };

describe('Who asks one server, and whose socket is connected to another,', () => {
  it('is in the room there by the time that it has the answer, in the namespace of its socket', async (context) => {
    const cluster = await startCluster(context, options);
    const { a, b } = cluster;
    for (const namespace of ['/', '/admin']) {
      const client = await cluster.connect(b, { namespace });
      const named = { 'x-socket-id': client.id };
      const { rooms } = b.sockets.of(namespace).get(client.id);

      expect((await a.request('GET', '/boards/7', undefined, named)).status).toBe(200);
      expect([...rooms].toSorted()).toEqual([client.id, 'board:7'].toSorted());

      expect((await a.request('DELETE', '/boards/7', undefined, named)).status).toBe(200);
      expect([...rooms]).toEqual([client.id]);
    }
  });
});
