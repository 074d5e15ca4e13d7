import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { Repetition } from '../../../src/front-ends/client/index.js';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { sendUntilBehind, stopReading } from '../resources/overload/support/lagging.js';
import { client } from './support/client.js';

let title = 'before';

@Controller('cards')
@Resourceful('card', { overload: 'refetch' })
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): Array<{ id: number; title: string }> {
    return [{ id: 1, title }];
  }
}

describe('A client that was not sent all messages', () => {
  it('repeats its reads of the resource, and says so', async () => {
    const app = await start({ controllers: [CardsController] });
    const sockets = client(app.url);
    const told: unknown[] = [];
    const end = sockets.onStale((staleness) => told.push(staleness));
    const repeated = new Promise<Repetition>((resolve) => {
      void sockets.get('/cards', undefined, { repeat: resolve });
    });
    await sockets.get('/cards');

    const readOn = stopReading(sockets.socket);
    await sendUntilBehind(app);
    title = 'after';
    await app.channel('card').publishUpdate(1, { title });
    readOn();

    expect((await repeated).response?.body).toEqual([{ id: 1, title: 'after' }]);
    expect(told).toEqual([{ resource: 'card' }]);
    end();
  });

  it('takes a notice that makes no sense for none', async () => {
    const app = await start({ controllers: [CardsController] });
    const sockets = client(app.url);
    await sockets.get('/cards');

    for (const nonsense of [undefined, null, 'card', {}]) app.sockets.server.emit('sockets:stale', nonsense);

    expect((await sockets.get('/cards')).statusCode).toBe(200);
  });
});
