import {
  Body,
  Controller,
  Delete,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  Req,
  Res,
  SerializeOptions,
  UseGuards,
} from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import { instanceToPlain } from 'class-transformer';
import {
  belongsTo,
  hasMany,
  JoinRoom,
  OnPublication,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Relay,
  Resourceful,
  SubscribeOnRead,
  type PublishContext,
} from '../../../../src/index.js';
import { CANARIES } from './canaries.js';
import { AccountsController } from './accounts.controller.js';
import { Card, Comment, PublicCard, type Row } from './cards.js';
import { fault, throws } from './faults.js';
import { SessionGuard, type User } from './users.js';

/** The database, which all servers share. */
class Rows {
  private readonly rows = new Map<number, Row>();

  get(id: number): Row {
    return this.rows.get(id)!;
  }

  put(row: Omit<Row, 'column'>): Row {
    const whole = { ...row, column: CANARIES.column };
    this.rows.set(row.id, whole);
    return whole;
  }

  card(id: number): Card {
    const { column: _, ...selected } = this.get(id);
    return new Card(selected);
  }

  clear(): void {
    this.rows.clear();
  }
}

export const rows = new Rows();

interface Changes {
  title: string;
  tenant?: string;
  password?: string;
}

/** The row as it was, whole: of a class or plain, as an ORM would give it. */
const before = ({ args }: PublishContext): object => ({
  ...instanceToPlain(rows.card(args[0] as number), { ignoreDecorators: true }),
  ...rows.get(args[0] as number),
  secret: CANARIES.formerTitle,
});

const slice = { tenant: (_: unknown, { args }: PublishContext) => rows.get(args[0] as number).tenant };

const WRITTEN = { type: 'object', properties: { id: { type: 'number' }, title: { type: 'string' } } };

@Controller('cards')
@UseGuards(SessionGuard)
@SerializeOptions({ groups: ['public'] })
@Resourceful('card', {
  slices: ['tenant'],
  relations: { owner: belongsTo('person', 'cards'), comments: hasMany('comment', 'card') },
})
class CardsController {
  @Get()
  @SubscribeOnRead({
    watch: true,
    slice: { tenant: ({ request }) => (request as { user: User }).user.tenant },
  })
  find(@Req() { user: { tenant } }: { user: User }) {
    // What a list shows of one card, its readers may be told of the others.
    return [new Card({ id: 9, title: 'there from the beginning', tenant })];
  }

  @Post(':id')
  @PublishOnCreate({ slice })
  create(@Param('id', ParseIntPipe) id: number, @Body() { title, tenant }: Required<Changes>) {
    rows.put({ id, title, tenant });
    return rows.card(id);
  }

  @Patch(':id')
  @PublishOnUpdate({ previous: before, slice })
  update(@Param('id', ParseIntPipe) id: number, @Body() { title, tenant = rows.get(id).tenant }: Changes) {
    rows.put({ id, title, tenant });
    return rows.card(id);
  }

  @Patch(':id/written')
  @RouteSchema({ response: { 200: WRITTEN } })
  @PublishOnUpdate({ previous: before, slice })
  write(@Param('id', ParseIntPipe) id: number) {
    return { id, title: rows.get(id).title, written: CANARIES.written };
  }

  @Patch(':id/viewed')
  @PublishOnUpdate({ previous: before, slice, view: PublicCard })
  view(@Param('id', ParseIntPipe) id: number) {
    return { id, title: rows.get(id).title, fee: CANARIES.viewed };
  }

  @Put(':id/comments/:commentId')
  @PublishOnAdd('comments')
  comment(@Param('id', ParseIntPipe) _id: number) {
    return new Comment();
  }

  @Post(':id/archive')
  @Publish('archived', { slice, previous: before })
  archive(@Param('id', ParseIntPipe) id: number) {
    return rows.card(id);
  }

  @Delete(':id')
  @PublishOnDestroy({ slice, previous: before })
  remove(@Param('id', ParseIntPipe) id: number) {
    return rows.card(id);
  }
}

@Controller('persons')
@Resourceful('person')
class PersonsController {}

@Controller('comments')
@Resourceful('comment')
class CommentsController {}

interface Reply {
  header(name: string, value: string): unknown;
}

@Controller()
@UseGuards(SessionGuard)
@Relay('typing', {
  to: 'board:{boardId}',
  schema: {
    '~standard': {
      validate: (value) => ((value as { fails?: boolean }).fails ? throws() : { value }),
    },
  },
})
class BoardsController {
  @Get('boards/:boardId')
  @JoinRoom('board:{boardId}', { presence: true })
  findOne(@Param('boardId') boardId: string) {
    return { boardId };
  }

  @Post('session')
  renew(@Res({ passthrough: true }) reply: Reply): void {
    reply.header('set-cookie', `session=${CANARIES.cookieOfAnswer}; Path=/; HttpOnly`);
  }

  /** Everything there is, as it is, for whoever may see that. */
  @Get('audit')
  audit(@Req() { user }: { user: User }): unknown {
    if (user.id !== 'root') return {};
    const cards = [1, 2].map((id) => instanceToPlain(rows.card(id), { ignoreDecorators: true }));
    const { forNobody, written, viewed, formerTitle, north, south } = CANARIES;
    return {
      cards,
      rows: [rows.get(1), rows.get(2)],
      comment: { ...new Comment() },
      forNobody,
      written,
      viewed,
      formerTitle,
      north,
      south,
    };
  }
}

/** Whose every option is broken. */
@Controller('faults')
@Resourceful('fault', { authorize: { canSubscribe: throws } })
class FaultsController {
  @Get('handler')
  handler(): never {
    throw Object.assign(new Error(CANARIES.errorOfHandler), { query: CANARIES.errorOfHandler });
  }

  @Get('selected')
  @SubscribeOnRead({ select: throws })
  selected() {
    return [];
  }

  @Get('joined')
  @JoinRoom('fault:{id}', { values: { id: throws } })
  joined() {
    return {};
  }

  @Get(':id/asked')
  @SubscribeOnRead()
  asked(@Param('id') id: string) {
    return { id };
  }

  @Patch(':id/previous')
  @PublishOnUpdate({ previous: throws })
  previous(@Param('id') id: string) {
    return { id };
  }

  @Patch(':id/when')
  @PublishOnUpdate({ when: throws })
  when(@Param('id') id: string) {
    return { id };
  }

  @Patch(':id/view')
  @PublishOnUpdate({ view: throws })
  view(@Param('id') id: string) {
    return { id };
  }

  @Patch(':id/to')
  @PublishOnUpdate({ to: throws })
  to(@Param('id') id: string) {
    return { id };
  }
}

@Injectable()
class FaultyListener {
  @OnPublication('card')
  throwSomething(): never {
    throw fault();
  }
}

/** What is asked of each of its routes by the scenario. */
export const FAULTY_ROUTES: ReadonlyArray<readonly [method: string, path: string]> = [
  ['get', '/faults/handler'],
  ['get', '/faults/selected'],
  ['get', '/faults/joined'],
  ['get', '/faults/1/asked'],
  ['patch', '/faults/1/previous'],
  ['patch', '/faults/1/when'],
  ['patch', '/faults/1/view'],
  ['patch', '/faults/1/to'],
];

export const controllers = [
  AccountsController,
  CardsController,
  PersonsController,
  CommentsController,
  BoardsController,
  FaultsController,
];
export const providers = [FaultyListener];
