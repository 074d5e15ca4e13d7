import { Controller, Get, Injectable, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { describe, it } from 'vitest';
import { InvalidRoomMoveError, JoinRoom, LeaveRoom } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
async function expectAtBoot(controller: abstract new () => unknown, ...words: Array<string | RegExp>): Promise<void> {
  const attempt = start({ controllers: [controller as never] });
  await expectRefusal(attempt, InvalidRoomMoveError, 'INVALID_ROOM_MOVE', ...words);
}

describe('@JoinRoom and @LeaveRoom are refused at boot', () => {
  it('if nothing gives a placeholder', async () => {
    @Controller('boards')
    class Boards {
      @Get(':id')
      @JoinRoom('board:{boardId}')
      find(@Param('id') id: string, @Query('page') page: string) {
        return { id, page };
      }
    }
    await expectAtBoot(
      Boards,
      "@JoinRoom('board:{boardId}') on Boards.find(): {boardId} is in the room's name",
      /There are id, page\./,
      /\{ values: \{ boardId: \(context\) => … \} \}/,
    );
  });

  it('if it might stand in a query of which the handler takes all, and the decorator does not name it', async () => {
    @Controller('boards')
    class Boards {
      @Get()
      @JoinRoom('board:{boardId}')
      find(@Query() _query: object) {}
    }
    await expectAtBoot(Boards, 'Boards.find()', "only if it is named: { values: { boardId: 'boardId' } }");
  });

  it('if only one of the paths to the route gives it', async () => {
    @Controller()
    class Boards {
      @Get(['boards/:boardId', 'board'])
      @LeaveRoom('board:{boardId}')
      find() {}
    }
    await expectAtBoot(Boards, "@LeaveRoom('board:{boardId}') on Boards.find()", /on every path to it/);
  });

  it('if the option "values" names no parameter, or a placeholder that there is not', async () => {
    @Controller('boards')
    class Unknown {
      @Get(':id')
      @JoinRoom('board:{boardId}', { values: { boardId: 'board' } })
      find() {}
    }
    @Controller('boards')
    class Idle {
      @Get(':id')
      @JoinRoom('board:{id}', { values: { boardId: 'id' } })
      find() {}
    }
    await expectAtBoot(Unknown, /no path or query parameter "board"/, /There are id\./);
    await expectAtBoot(Idle, /"values" says where \{boardId\} comes from, which is not in the room/);
  });

  it.each([
    ['board:{id', {}, /not a template of room names/],
    ['{id}', {}, /not a template of room names/],
    ['sockets:user/{id}', {}, /"sockets:"/],
    ['resource:card/{id}', {}, /"resource:"/],
    ['board:{id}', { presence: 'yes' }, /"presence" must be true or false/],
    ['board:{id}', { values: { id: 7 } }, /"values" must be an object/],
    ['board:{id}', { value: {} }, /no option "value"\. There are values, presence/],
    ['board:{id}', null, /options must be an object/],
  ])('if its arguments are %j and %j', async (room, options, why) => {
    @Controller('boards')
    class Boards {
      @Get(':id')
      @JoinRoom(room, options as never)
      find() {}
    }
    await expectAtBoot(Boards, /@JoinRoom\('.*'\) on Boards\.find\(\): /, why);
  });

  it('on a handler whose answer Nest does not see', async () => {
    @Controller('boards')
    class ByHand {
      @Get(':id')
      @JoinRoom('board:{id}')
      find(@Res() response: { send: (body: string) => void }) {
        response.send('');
      }
    }
    @Controller('boards')
    class Stream {
      @Get(':id')
      @JoinRoom('board:{id}')
      find(): StreamableFile {
        return new StreamableFile(Buffer.from(''));
      }
    }
    await expectAtBoot(ByHand, /passthrough: true/);
    await expectAtBoot(Stream, /a stream.*SocketsService\.join\(\)/);
  });

  it('on a method that is not a route, in no controller, or twice', async () => {
    @Controller('boards')
    class NoRoute {
      @JoinRoom('lobby')
      find() {}
    }
    @Controller('boards')
    class Twice {
      @Get()
      @JoinRoom('lobby')
      @JoinRoom('lobby')
      find() {}
    }
    @Controller('boards')
    class Both {
      @Get()
      @JoinRoom('lobby')
      @LeaveRoom('lobby')
      find() {}
    }
    @Injectable()
    class Service {
      @JoinRoom('lobby')
      find() {}
    }
    await expectAtBoot(NoRoute, /not a route/);
    await expectAtBoot(Twice, /twice/);
    await expectAtBoot(Both, /says the opposite/);
    const attempt = start({ providers: [Service] });
    await expectRefusal(
      attempt,
      InvalidRoomMoveError,
      'INVALID_ROOM_MOVE',
      /Service is not a controller.*join\(\) instead\./,
    );
  });

  it('as soon as it is written on a class', async () => {
    const write = (): unknown => {
      class Boards {}
      (JoinRoom('lobby') as unknown as ClassDecorator)(Boards);
      return Boards;
    };
    await expectRefusal(
      write,
      InvalidRoomMoveError,
      'INVALID_ROOM_MOVE',
      "@JoinRoom('lobby') on Boards: it belongs on a method",
    );
  });
});
