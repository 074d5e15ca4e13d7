import { Body, Controller, Get, Post, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidPublisherError,
  JoinRoom,
  PublishOnCreate,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { expectRefusal } from '../../../support/refusal.js';

/** What the decorators of other packages store. */
const MessagePattern = (pattern: string): MethodDecorator => SetMetadata('microservices:pattern', [pattern]);
const OnEvent = (event: string): MethodDecorator => SetMetadata('EVENT_LISTENER_METADATA', [{ event }]);
const Cron = (): MethodDecorator => SetMetadata('SCHEDULER_TYPE', 1);

@Controller('orders')
@Resourceful('order')
class OrdersController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  @MessagePattern('orders')
  find() {
    return [];
  }

  @Post()
  @MessagePattern('order.create')
  @PublishOnCreate()
  create(@Body() order: object) {
    return order;
  }

  @Post('daily')
  @PublishOnCreate()
  @Cron()
  createDaily() {
    return { id: 2 };
  }

  @Post('heard')
  @OnEvent('order')
  @PublishOnCreate()
  hear() {
    return { id: 3 };
  }

  @Get('room')
  @MessagePattern('room')
  @JoinRoom('orders')
  room() {
    return {};
  }

  @Get('quiet')
  @MessagePattern('quiet')
  quiet() {
    return {};
  }

  @Post('plain')
  @PublishOnCreate()
  plain() {
    return { id: 4 };
  }
}

describe('At boot, a route whose method something else calls, too, is warned of', () => {
  it('since such a call neither publishes nor subscribes', async () => {
    const logs = new Logs();
    await start({ controllers: [OrdersController], main: logs.open });

    const publishing = 'publish in the method, through @InjectResource';
    expect(logs.naming('also called by').warnings).toEqual([
      expect.stringMatching(
        /^@SubscribeOnRead\(\) on OrdersController\.find\(\): .*@MessagePattern.*Nobody is subscribed/,
      ),
      expect.stringMatching(
        new RegExp(`^@PublishOnCreate\\(\\) on OrdersController\\.create\\(\\): .*@MessagePattern.*${publishing}`),
      ),
      expect.stringMatching(
        new RegExp(`^@PublishOnCreate\\(\\) on OrdersController\\.createDaily\\(\\): .*@Cron\\(\\).*${publishing}`),
      ),
      expect.stringMatching(
        new RegExp(`^@PublishOnCreate\\(\\) on OrdersController\\.hear\\(\\): .*@OnEvent\\(\\).*${publishing}`),
      ),
      expect.stringMatching(/^@JoinRoom\('orders'\) on OrdersController\.room\(\): /),
    ]);
  });

  it('and one that is no route at all is refused, with the way out', async () => {
    @Controller('orders')
    @Resourceful('order')
    class MessagesController {
      @MessagePattern('order.create')
      @PublishOnCreate()
      create() {
        return { id: 1 };
      }
    }

    await expectRefusal(
      start({ controllers: [MessagesController] }),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      'MessagesController.create()',
      '@MessagePattern()',
      'is no route',
      'Publish through a ResourceChannel instead',
    );
  });
});
