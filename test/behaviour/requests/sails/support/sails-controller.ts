import {
  All,
  Body,
  Controller,
  Get,
  Header,
  HttpException,
  Injectable,
  Param,
  Post,
  Put,
  Req,
  Res,
} from '@nestjs/common';
import type { Socket } from 'socket.io';
import { PublishOnCreate, RequestingSocket, Resourceful, ResourcefulPubSub } from '../../../../../src/index.js';

interface Request {
  method: string;
  url: string;
  query: unknown;
  body: unknown;
  ip: string;
  headers: Record<string, string>;
  isSocket?: boolean;
}

interface Reply {
  header(name: string, value: string): unknown;
}

const BODIES: Record<string, string> = {
  object: '{"name":"ada"}',
  null: 'null',
  zero: '0',
  false: 'false',
  string: '"ada"',
  array: '[1,{"two":2}]',
};

/** Requests that have begun and are not answered. */
@Injectable()
export class Unanswered {
  private readonly waiting: Array<() => void> = [];
  private count = 0;

  /** When the next one has arrived. */
  async arrived(count: number): Promise<void> {
    if (this.count >= count) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    await this.arrived(count);
  }

  begin(): Promise<never> {
    this.count++;
    for (const resolve of this.waiting.splice(0)) resolve();
    return new Promise<never>(() => undefined);
  }
}

/** An ordinary controller for the tests of Sails: it answers with what arrived, any status, and any kind of body. */
@Controller()
class PlainController {
  constructor(private readonly unanswered: Unanswered) {}

  @Get('hello')
  hello(): object {
    return { hello: 'world' };
  }

  @All('echo')
  echo(
    @Req() { method, url, query, body, ip, headers, isSocket }: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): object {
    reply.header('x-echo', 'yes');
    return { method, url, query, body, ip, headers, isSocket };
  }

  @Get('status/:code')
  status(@Param('code') code: string): never {
    throw new HttpException({ status: code }, Number(code));
  }

  @Get('failure')
  failure(): never {
    throw new Error('a secret of the server');
  }

  @Get('body/:name')
  @Header('content-type', 'application/json')
  body(@Param('name') name: string): string {
    return BODIES[name];
  }

  @Get('unanswered')
  never(): Promise<never> {
    return this.unanswered.begin();
  }

  @Put('array')
  array(@Body() body: unknown): object {
    return { isArray: Array.isArray(body), body };
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  constructor(private readonly resources: ResourcefulPubSub) {}

  @Get()
  async watch(@RequestingSocket() socket: Socket | undefined): Promise<unknown[]> {
    if (socket) await this.resources.of('user').watch(socket);
    return [];
  }

  @Post()
  @PublishOnCreate()
  create(@Body() { name }: { name: string }): object {
    return { id: 7, name };
  }
}

/** For the metadata of an application. */
export const sailsControllers = { controllers: [PlainController, UsersController], providers: [Unanswered] };
