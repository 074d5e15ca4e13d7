import {
  Controller,
  Get,
  Param,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

let fromCache = 0;

class Cache implements NestInterceptor {
  private cached: unknown;

  intercept(_context: ExecutionContext, next: CallHandler) {
    if (!this.cached) return next.handle().pipe(tap((answer) => (this.cached = answer)));
    fromCache++;
    return of(this.cached);
  }
}

@Controller('boards/:boardId/cards')
@Resourceful('card', { slices: ['boardId'] })
@UseInterceptors(Cache)
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true, recheck: 20 })
  find(@Param('boardId') _boardId: string) {
    return [{ id: 1 }];
  }
}

describe('A read that is answered from a cache', () => {
  it('says nothing of rights when it is done again: the slice is heard of further', async () => {
    const app = await start({ controllers: [CardsController] });
    const client = await app.connect();
    await client.socket.emitWithAck('get', { url: '/boards/7/cards' });
    fromCache = 0;
    await expect.poll(() => fromCache).toBeGreaterThan(2);
    await app.settle();

    expect(client.heard('revoked')).toEqual([]);
    const rooms = await app.sockets.socketRooms(client.id);
    expect(rooms.filter((room) => room.startsWith('resource:'))).toEqual(['resource:card@boardId=7']);
  });
});
