import { Controller, Get, Param } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Relay, Resourceful, SocketsModule, SubscribeOnRead, SubscribesTo } from '../../../src/index.js';
import { start } from '../../support/application.js';

@Controller('boards/:boardId/cards')
@Resourceful('card', {
  slices: ['boardId'],
  view: ({ id }: { id: number }) => ({ id }),
  views: { admin: (card: object) => card },
  audience: () => 'admin',
})
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true, recheck: true })
  find(@Param('boardId') boardId: string) {
    return [{ id: 1, boardId }];
  }
}

@WebSocketGateway({ namespace: 'screens' })
@SubscribesTo('card', { watch: 'all' })
@Relay('typing', { to: 'board:{boardId}' })
class ScreensGateway {}

describe('An application that uses everything', () => {
  it('boots without a warning of Node, such as one of too many listeners', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));

    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: () => ({ id: 1 }), presence: { rooms: 'board:{boardId}' } })],
      controllers: [CardsController],
      providers: [ScreensGateway],
    });
    await app.connect();
    await app.connect({ namespace: '/screens' });
    await app.settle();

    expect(warnings).toEqual([]);
  });
});
