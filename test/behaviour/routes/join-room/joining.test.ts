import {
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Head,
  Injectable,
  Param,
  ParseIntPipe,
  Post,
  Query,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { JoinRoom, LeaveRoom, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { Logs } from '../../../support/logs.js';
import { overItsSocket, manners } from '../support/manners.js';

@Injectable()
class MembersOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ params: { boardId: string } }>().params.boardId !== '13';
  }
}

class BoardQuery {
  boardId?: string;
}

const halve = { transform: (value: string) => Number(value) / 2 };

@Controller()
class BoardsController {
  @Get('boards/:boardId')
  @UseGuards(MembersOnly)
  @JoinRoom('board:{boardId}')
  findOne(@Param('boardId', ParseIntPipe) boardId: number) {
    return { id: boardId, text: 'x'.repeat(boardId === 99 ? 1_000 : 0) };
  }

  @Get('whole/:boardId')
  @JoinRoom('board:{boardId}')
  findWhole(@Param() { boardId }: { boardId: string }) {
    return { boardId };
  }

  @Get('raw/:boardId')
  @JoinRoom('board:{boardId}')
  findRaw() {
    return {};
  }

  @Get('halved')
  @JoinRoom('board:{board}')
  findHalved(@Query('board', halve) board: number) {
    return { board };
  }

  @Get('sought')
  @JoinRoom('board:{boardId}', { values: { boardId: 'boardId' } })
  seek(@Query() query: BoardQuery) {
    return { ...query };
  }

  @Get('optional')
  @JoinRoom('board:{boardId}')
  findOptional(@Query('boardId') boardId?: string) {
    return { boardId };
  }

  @Get('teams/:team/boards/:board')
  @JoinRoom('team:{teamId}/board:{board}', { values: { teamId: 'team' } })
  @JoinRoom('tenant:{tenantId}', {
    values: { tenantId: async ({ request }) => (request as { headers: Record<string, string> }).headers['x-tenant'] },
  })
  findInTeam(@Param('team') team: string) {
    return { team };
  }

  @Get('failing')
  @JoinRoom('lobby')
  fail() {
    throw new ForbiddenException();
  }

  @Post('lobby')
  @JoinRoom('lobby')
  enter() {}

  @Head('headers')
  @JoinRoom('lobby')
  headers() {}

  @Get('lobby')
  @JoinRoom('lobby')
  look() {
    return {};
  }

  @Delete('boards/:boardId/visit')
  @LeaveRoom('board:{boardId}')
  leave(@Param('boardId', ParseIntPipe) boardId: number) {
    return { boardId, text: 'x'.repeat(boardId === 99 ? 1_000 : 0) };
  }
}

@Injectable()
class Doors extends Gate {}

@Controller('late')
class LateController {
  constructor(private readonly gate: Doors) {}

  @Get(':boardId')
  @JoinRoom('board:{boardId}')
  async find(@Param('boardId') boardId: string) {
    await this.gate.opened;
    return { boardId };
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {}

const options = { controllers: [BoardsController, LateController], providers: [Doors, AdminGateway] };

async function rooms({ sockets }: TestApplication, { id }: TestClient, namespace = '/'): Promise<string[]> {
  const all = await sockets.of(namespace).socketRooms(id);
  return all.filter((room) => room !== id).toSorted();
}

describe.each(manners)('Whoever calls a route with @JoinRoom, $manner,', ({ send }) => {
  it('is in the room when it has the answer', async () => {
    const app = await start(options);
    const [client, other] = [await app.connect(), await app.connect()];
    expect(await send(app, client, 'GET', '/boards/7')).toMatchObject({ status: 200 });
    expect(await rooms(app, client)).toEqual(['board:7']);
    expect(await rooms(app, other)).toEqual([]);
  });

  it('is in no room if the route’s guards, pipes or handler refuse it', async () => {
    const app = await start(options);
    const client = await app.connect();
    expect(await send(app, client, 'GET', '/boards/13')).toMatchObject({ status: 403 });
    expect(await send(app, client, 'GET', '/boards/seven')).toMatchObject({ status: 400 });
    expect(await send(app, client, 'GET', '/failing')).toMatchObject({ status: 403 });
    expect(await rooms(app, client)).toEqual([]);
  });

  it('is in the room of the value that the handler was given, not of what stands in the URL', async () => {
    const app = await start(options);
    const client = await app.connect();
    await send(app, client, 'GET', '/boards/007');
    await send(app, client, 'GET', '/halved?board=16');
    expect(await rooms(app, client)).toEqual(['board:7', 'board:8']);
  });

  it('is in the room that the parameters name, however the handler takes them', async () => {
    const app = await start(options);
    const client = await app.connect();
    await send(app, client, 'GET', '/whole/1');
    await send(app, client, 'GET', '/raw/2');
    await send(app, client, 'GET', '/sought?boardId=3');
    await send(app, client, 'GET', '/optional?boardId=4');
    expect(await rooms(app, client)).toEqual(['board:1', 'board:2', 'board:3', 'board:4']);
  });

  it('row 38: is in no other room, whatever the parameters contain', async () => {
    const app = await start(options);
    const client = await app.connect();
    await send(app, client, 'GET', '/raw/1%2Fcard:2');
    await send(app, client, 'GET', `/optional?boardId=${encodeURIComponent('{boardId}#*?\n%2f..')}`);
    await send(app, client, 'GET', '/raw/__proto__');
    expect(await rooms(app, client)).toEqual([
      'board:%7BboardId%7D%23*%3F%0A%252f..',
      'board:1%2Fcard%3A2',
      'board:__proto__',
    ]);
  });

  it('is in the rooms whose values come from elsewhere', async () => {
    const app = await start({
      ...options,
      main: (nest) =>
        nest.use((request: { headers: Record<string, string> }, _response: unknown, next: () => void) => {
          request.headers['x-tenant'] = 'acme/1';
          next();
        }),
    });
    const client = await app.connect();
    await send(app, client, 'GET', '/teams/red/boards/7');
    expect(await rooms(app, client)).toEqual(['team:red/board:7', 'tenant:acme%2F1']);
  });

  it('joins by any method but HEAD', async () => {
    const app = await start(options);
    const client = await app.connect();
    await send(app, client, 'HEAD', '/lobby');
    await send(app, client, 'HEAD', '/headers');
    expect(await rooms(app, client)).toEqual([]);
    await send(app, client, 'POST', '/lobby');
    expect(await rooms(app, client)).toEqual(['lobby']);
  });

  it('row 41: may do so twice, and leaves by @LeaveRoom, also twice', async () => {
    const app = await start(options);
    const client = await app.connect();
    for (const boardId of [1, 1, 2]) await send(app, client, 'GET', `/boards/${boardId}`);
    await send(app, client, 'DELETE', '/boards/1/visit');
    await send(app, client, 'DELETE', '/boards/1/visit');
    await send(app, client, 'DELETE', '/boards/3/visit');
    expect(await rooms(app, client)).toEqual(['board:2']);
  });

  it('joins and leaves in the namespace that its socket is connected to', async () => {
    const app = await start(options);
    const client = await app.connect({ namespace: '/admin' });
    await send(app, client, 'GET', '/boards/7');
    expect(await rooms(app, client, '/admin')).toEqual(['board:7']);
    expect(app.sockets.server.of('/').adapter.rooms.has('board:7')).toBe(false);
    await send(app, client, 'DELETE', '/boards/7/visit');
    expect(await rooms(app, client, '/admin')).toEqual([]);
  });
});

describe('Rooms by declaration', () => {
  it('let nobody in who names no socket, or another one’s', async () => {
    const app = await start(options);
    const client = await app.connect({ extraHeaders: { authorization: 'Bearer its own' } });
    expect(await app.request('GET', '/boards/7')).toMatchObject({ status: 200 });
    expect(await app.request('GET', '/boards/7', undefined, { 'x-socket-id': client.id })).toMatchObject({
      status: 200,
    });
    expect(await rooms(app, client)).toEqual([]);
  });

  it('row 37: let nobody in where no name can be made; the log says so once, and the answer is the same', async () => {
    const log = new Logs();
    const app = await start({ ...options, main: log.open });
    const client = await app.connect();
    for (const query of ['', '?boardId=', '?boardId=1&boardId=2', '?boardId[a]=1', '?board=1'])
      expect(await overItsSocket.send(app, client, 'GET', `/optional${query}`)).toMatchObject({ status: 200 });
    expect(await rooms(app, client)).toEqual([]);
    expect(log.naming('findOptional').errors).toEqual([]);
    expect(log.naming('findOptional').warnings).toEqual([
      expect.stringContaining(
        "@JoinRoom('board:{boardId}') on BoardsController.findOptional(): " +
          'the requester was not let in, since there was no {boardId}. (Logged once per route.)',
      ),
    ]);
  });

  it('let nobody in by an answer that is too large or too late, and leave those in who were there', async () => {
    const clock = stopClock();
    const app = await start({
      ...options,
      imports: [SocketsModule.forRoot({ requests: { maxResponseSize: 500, timeout: 300 } })],
    });
    const client = await app.connect();
    expect(await overItsSocket.send(app, client, 'GET', '/boards/99')).toMatchObject({ status: 413 });
    const tooLate = overItsSocket.send(app, client, 'GET', '/late/5');
    expect(await clock.passUntil(tooLate)).toMatchObject({ status: 504 });
    app.get(Doors).open();
    await overItsSocket.send(app, client, 'GET', '/boards/7');
    expect(await rooms(app, client)).toEqual(['board:7']);

    await app.sockets.join(client.id, 'board:99');
    expect(await overItsSocket.send(app, client, 'DELETE', '/boards/99/visit')).toMatchObject({ status: 413 });
    expect(await overItsSocket.send(app, client, 'GET', '/boards/99')).toMatchObject({ status: 413 });
    expect(await rooms(app, client)).toEqual(['board:7', 'board:99']);
  });

  it('hear what is broadcast as soon as they have the answer', async () => {
    const app = await start(options);
    const client = await app.connect();
    await overItsSocket.send(app, client, 'GET', '/boards/7');
    await app.sockets.broadcast('board:7', 'hello', { board: 7 });
    expect(await client.next('hello')).toEqual([{ board: 7 }]);
  });
});
