import {
  BadRequestException,
  Body,
  Controller,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import {
  belongsTo,
  InjectResource,
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type ResourceChannel,
  type SocketsModuleOptions,
} from '../../../../../src/index.js';
import type { TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';

export interface Card {
  id: number;
  title?: string;
}

/** Believes whatever a request says of its user. */
@Injectable()
class Believer implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const id = request.headers['x-user'];
    if (id !== undefined) request.user = { id };
    return true;
  }
}

/** One route for each way to publish a change. */
@Controller('cards')
@UseGuards(Believer)
@Resourceful('card', { relations: { boardId: belongsTo('board', 'cards') } })
class CardsController {
  constructor(@InjectResource('card') private readonly channel: ResourceChannel<Card>) {}

  @Post()
  @PublishOnCreate()
  create(@Body() card: Card) {
    return card;
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
    return { id, ...changes };
  }

  @Put(':id/user')
  @PublishOnUpdate({ omit: 'user' })
  omitUser(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/socket')
  @PublishOnUpdate({ omit: 'socket' })
  omitSocket(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/mirror')
  @PublishOnUpdate({ mirror: true })
  mirror(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
    return { id, ...changes };
  }

  @Put(':id/nothing')
  @PublishOnUpdate({ mirror: true, when: () => false })
  nothing(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/unpublishable')
  @PublishOnUpdate({
    mirror: true,
    view: () => {
      throw new Error('of the view');
    },
  })
  unpublishable(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/failing')
  @PublishOnUpdate({ mirror: true })
  fail(): never {
    throw new BadRequestException();
  }

  @Put(':id/refused')
  @PublishOnUpdate({ mirror: true })
  refuse(@Res({ passthrough: true }) response: { status(code: number): unknown }) {
    response.status(409);
    return { id: 1 };
  }

  @Put(':id/silent')
  silent() {
    return {};
  }

  @Put(':id/code')
  async publishFromCode(@Param('id', ParseIntPipe) id: number, @Body() { mutation }: { mutation?: string }) {
    await this.channel.publishUpdate(id, { title: 'from code' }, { mutation });
  }
}

@Controller('boards')
@Resourceful('board')
class BoardsController {}

export const controllers = [CardsController, BoardsController];

/** Whoever connects is who the handshake says. */
export function authenticate({ auth }: { auth: Record<string, unknown> }): unknown {
  return auth.user ? { id: auth.user } : true;
}

export function cards(options: SocketsModuleOptions = {}) {
  return { controllers, imports: [SocketsModule.forRoot({ authenticate, ...options })] };
}

/** Somebody who hears of every card and board. */
export async function watching(app: TestApplication, user?: string): Promise<TestClient> {
  const client = await app.connect({ auth: { user } });
  await app.channel('card').watch(client.id);
  await app.channel('board').watch(client.id);
  return client;
}

interface SocketAnswer {
  statusCode: number;
  headers: Record<string, string>;
}

/** A request over the socket. */
export function ask(
  client: TestClient,
  method: string,
  url: string,
  headers: Record<string, string> = {},
  data: unknown = {},
): Promise<SocketAnswer> {
  return client.socket.emitWithAck(method, { url, data, headers }) as Promise<SocketAnswer>;
}

/** What the delivery notes of the cards and boards that it heard of say of the change. */
export function mutationsHeard({ received }: TestClient): Array<[string, unknown]> {
  return received
    .filter(([event]) => event === 'card' || event === 'board')
    .map(([event, , note]) => [event, (note as { mutation?: string }).mutation]);
}
