import { Controller, Get, Injectable, Param, ParseIntPipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { platforms } from '../../support/platforms.js';
import { Gate } from './support/gate.js';
import { overItsSocket } from './support/manners.js';

@Injectable()
class LateGate extends Gate {}

@Controller('users')
@Resourceful('user')
class UsersController {
  constructor(private readonly gate: LateGate) {}

  @Get('all')
  @SubscribeOnRead({ watch: true })
  findAll() {
    return [{ id: 1 }, { id: 2, text: 'x'.repeat(1_000) }];
  }

  @Get('late')
  @SubscribeOnRead({ watch: true })
  async findLate() {
    await this.gate.opened;
    return [{ id: 1 }, { id: 2 }];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }
}

describe.each(platforms)('An answer that does not reach its reader, on $name', (platform) => {
  const startIt = (requests: { maxResponseSize?: number; timeout?: number }) =>
    start(platform, {
      imports: [SocketsModule.forRoot({ requests })],
      controllers: [UsersController],
      providers: [LateGate],
    });

  it('subscribes nobody if it is too large, and takes away nothing that there was before', async () => {
    const app = await startIt({ maxResponseSize: 500 });
    const client = await app.connect();
    await overItsSocket.send(app, client, 'GET', '/users/1');

    expect(await overItsSocket.send(app, client, 'GET', '/users/all')).toMatchObject({ status: 413 });
    expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, app.channel('user').getRoomName(1)]);
  });

  it('subscribes nobody if it is too late', async () => {
    const app = await startIt({ timeout: 50 });
    const client = await app.connect();

    expect(await overItsSocket.send(app, client, 'GET', '/users/late')).toMatchObject({ status: 504 });
    app.get(LateGate).open();
    await overItsSocket.send(app, client, 'GET', '/users/3');
    expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, app.channel('user').getRoomName(3)]);
  });
});
