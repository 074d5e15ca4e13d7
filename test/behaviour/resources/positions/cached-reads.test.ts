import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { of, tap } from 'rxjs';
import { expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { read } from './support/follow.js';

/** Answers in place of the handler, once that has answered, as `CacheInterceptor` does. */
@Injectable()
class Cached implements NestInterceptor {
  private answer: unknown;

  intercept(_context: ExecutionContext, next: CallHandler) {
    return this.answer ? of(this.answer) : next.handle().pipe(tap((answer) => (this.answer = answer)));
  }
}

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @UseInterceptors(Cached)
  @SubscribeOnRead()
  findOne(): object {
    return { id: '1' };
  }
}

it('A read that an interceptor answers in place of the handler subscribes, and need not be repeated', async () => {
  const app = await start({ imports: [SocketsModule.forRoot()], controllers: [CardsController] });
  await read(await app.connect(), '/cards/1');
  const client = await app.connect();
  const clock = stopClock();

  const { headers } = await read(client, '/cards/1');
  await clock.pass(5_000);
  await app.channel('card').publishUpdate('1', { title: 'a' });
  await app.settle();

  expect(headers).not.toHaveProperty('realtime-position');
  expect(client.received.map(([event]) => event).filter((event) => event !== 'marker')).toEqual(['answer', 'card']);
});
