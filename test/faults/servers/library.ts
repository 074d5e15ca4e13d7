import {
  All,
  Body,
  Controller,
  ForbiddenException,
  Get,
  Module,
  Param,
  ParseIntPipe,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import {
  JoinRoom,
  Resourceful,
  ResourcefulPubSub,
  SocketsModule,
  type SocketsModuleOptions,
  SocketsService,
  SocketUser,
  SubscribeOnRead,
} from '../../../src/index.js';
import { type Attacked, userOf } from './attacked.js';
import { AttackedGateway } from './attacked.gateway.js';

/** Who may read which record. */
const rights = new Map<string, Set<number>>();

@Controller('ticks')
@Resourceful('tick')
class TicksController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  find(): unknown[] {
    return [];
  }
}

/** What clients that fall behind read again. */
@Controller('quotes')
@Resourceful('quote', process.env.WITHOUT_REFETCH ? {} : { overload: 'refetch' })
class QuotesController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  find(): unknown[] {
    return [];
  }
}

@Controller('records')
@Resourceful('record')
class RecordsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number, @SocketUser() user: { id: string }): object {
    if (!rights.get(user.id)?.has(id)) throw new ForbiddenException();
    return { id, version: 0 };
  }
}

@Controller()
class RoomsController {
  @Get('rooms/:name')
  @JoinRoom('room:{name}')
  enter(): void {}

  @All('echo')
  echo(@Body() body: unknown): unknown {
    return { body };
  }

  @Get('large')
  large(): object {
    return { text: 'x'.repeat(990_000) };
  }

  @Get('never')
  never(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** An application with the library, whose options are its defaults unless the suite says otherwise. */
export async function startLibrary(options: SocketsModuleOptions): Promise<Attacked> {
  const authenticate: SocketsModuleOptions['authenticate'] = ({ auth }) => {
    const user = userOf(auth.token);
    if (!user) throw new UnauthorizedException('This token is not valid.');
    return user;
  };

  @Module({
    imports: [SocketsModule.forRoot({ authenticate, ...options })],
    controllers: [TicksController, QuotesController, RecordsController, RoomsController],
    providers: [AttackedGateway],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const sockets = app.get(SocketsService);
  const pubSub = app.get(ResourcefulPubSub);
  const ticks = pubSub.of('tick');
  const quotes = pubSub.of('quote');
  const records = pubSub.of('record');
  return {
    port: (app.getHttpServer().address() as AddressInfo).port,
    io: sockets.server,
    publish: (tick) => void ticks.publishCreate(tick),
    publishQuote: (quote) => void quotes.publishCreate(quote),
    refused: () => sockets.metrics().refused,
    records: {
      grant: (user, id) => void rights.set(user, (rights.get(user) ?? new Set()).add(id)),
      revoke: (user, id) => {
        rights.get(user)?.delete(id);
        if (process.env.WITHOUT_REVOCATION) return Promise.resolve();
        return sockets.revoke({ user, resource: 'record', ids: [id] });
      },
      publish: (id, version) => records.publishUpdate(id, { version }),
    },
  };
}
