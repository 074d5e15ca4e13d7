import { Controller, Get, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionsError,
  InvalidSubscriberError,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type SocketsModuleOptions,
  type SubscribeOnReadOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';

function startWith(
  recheck: unknown,
  options: SocketsModuleOptions = {},
  method: () => MethodDecorator = Get,
): Promise<TestApplication> {
  @Controller('cards')
  @Resourceful('card')
  class CardsController {
    @method()
    @SubscribeOnRead({ recheck } as SubscribeOnReadOptions)
    find(): object {
      return { id: 1 };
    }
  }

  return start({ imports: [SocketsModule.forRoot(options)], controllers: [CardsController] });
}

const where = '@SubscribeOnRead() on CardsController.find()';

describe('The option "recheck"', () => {
  it('takes seconds, minutes, hours, milliseconds, and true', async () => {
    for (const recheck of ['30s', '5m', '1h', 1, 2 ** 31 - 1, true, undefined]) await startWith(recheck);
    expect.assertions(0);
  });

  it('that is none of these is an error at boot, which names the class and the method', async () => {
    for (const wrong of [false, 0, -1, 1.5, 2 ** 31, Infinity, '5', '5 m', '5min', '0s', '-5m', '25d', '600h', null]) {
      const attempt = startWith(wrong);
      await expectRefusal(attempt, InvalidSubscriberError, 'INVALID_SUBSCRIBER', where, '"recheck"', "'5m'");
    }
  });

  it('needs a GET route, and requests over the socket', async () => {
    await expectRefusal(startWith('5m', {}, Post), InvalidSubscriberError, 'INVALID_SUBSCRIBER', where, 'GET route');
    await expectRefusal(
      startWith('5m', { requests: false }),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      where,
      'requests: false',
    );
  });

  it('so many at once are a whole number', async () => {
    for (const recheckConcurrency of [0, 1.5, '8']) {
      const options = { recheckConcurrency: recheckConcurrency as number };
      const attempt = startWith('5m', options);
      await expectRefusal(attempt, InvalidOptionsError, 'INVALID_OPTIONS', '"recheckConcurrency"', 'whole number');
    }
  });
});
