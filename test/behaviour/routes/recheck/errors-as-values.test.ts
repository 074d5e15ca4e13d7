import { Controller, Get, HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { envelope } from '../only-what-happened/support/interceptors.js';
import { overItsSocket } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';

let failure: number | undefined;
let reads = 0;

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ select: 'data', watch: true, recheck: 20 })
  find() {
    reads++;
    if (failure !== undefined) throw new HttpException('It fails.', failure);
    return [{ id: 1 }];
  }
}

describe('A repeated read whose error an interceptor turns into a response', () => {
  it('ends the subscriptions if it is refused, and changes nothing if it merely fails', async () => {
    const app = await start({ controllers: [CardsController], main: (nest) => nest.useGlobalInterceptors(envelope) });
    const client = await app.connect();
    failure = undefined;
    await overItsSocket.send(app, client, 'GET', '/cards');

    failure = 503;
    const before = reads;
    await expect.poll(() => reads).toBeGreaterThan(before + 2);
    expect(await subscriptions(app, client)).toEqual(['card', 'card/1']);
    expect(client.heard('revoked')).toEqual([]);

    failure = 403;
    await client.next('revoked');
    await expect.poll(() => subscriptions(app, client)).toEqual([]);
  });
});
