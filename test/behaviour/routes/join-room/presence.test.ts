import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { JoinRoom, SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { overItsSocket } from '../support/manners.js';

@Controller()
class BoardsController {
  @Get('boards/:boardId')
  @JoinRoom('board:{boardId}', { presence: true })
  find(@Param('boardId') boardId: string) {
    return { boardId };
  }

  @Get('quiet/:boardId')
  @JoinRoom('quiet:{boardId}')
  findQuietly(@Param('boardId') boardId: string) {
    return { boardId };
  }
}

describe('Who is in a room of @JoinRoom', () => {
  it('is known where that was asked for, and nowhere else', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: () => ({ id: 7 }) })],
      controllers: [BoardsController],
    });
    const client = await app.connect();
    await overItsSocket.send(app, client, 'GET', '/boards/1');
    await overItsSocket.send(app, client, 'GET', '/quiet/1');
    expect(await app.sockets.presence('board:1')).toMatchObject([{ id: '7' }]);
    await expect((async () => app.sockets.presence('quiet:1'))()).rejects.toThrow(/quiet:1/);
  });
});
