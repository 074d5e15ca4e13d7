import { Body, Controller, Get, type INestApplication, Module, Param, Patch, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Expose, Type } from 'class-transformer';
import { onTestFinished } from 'vitest';
import {
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../src/index.js';

/** What a library of Standard Schema makes: `jsonSchema` is what Standard JSON Schema adds. */
const publicCard = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ value }),
    jsonSchema: {
      input: () => ({}),
      output: ({ target }: { target: string }) => ({
        $schema: target,
        type: 'object',
        properties: { id: { type: 'number' }, owner: { $ref: '#/$defs/Owner' }, next: { $ref: '#' } },
        required: ['id'],
        $defs: { Owner: { type: 'object', properties: { name: { type: 'string' } } } },
      }),
    },
  },
} as const;

class Tag {
  @Expose()
  label!: string;
}

class PublicBoard {
  @Expose()
  id!: number;
  @Expose()
  created!: Date;
  @Expose()
  @Type(() => Tag)
  tags!: Tag[];
  hidden!: string;
}

@Controller('boards/:boardId/cards')
@Resourceful('card', { view: publicCard, slices: ['boardId'], select: 'items', idType: 'number' })
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: ['created'] })
  findAll(@Param('boardId') _boardId: number) {
    return { items: [] };
  }

  @Post()
  @PublishOnCreate({ select: 'item' })
  create(@Param('boardId') _boardId: number, @Body() _card: object) {
    return { item: { id: 1 } };
  }

  @Patch(':id')
  @PublishOnUpdate()
  @Publish('moved')
  @PublishOnUpdate('board', { select: ({ board }: { board: object }) => board, id: 'boardId' })
  change(@Param('boardId') _boardId: number, @Param('id') _id: number) {
    return { items: [{ id: 1 }], board: { id: 7 } };
  }

  @Get('count')
  count(@Query('done') _done: string) {
    return { count: 0 };
  }
}

@Controller('boards')
@Resourceful('board', { view: PublicBoard, relations: { members: hasMany('member', 'boards') } })
class BoardsController {
  @Post(':id/members/:memberId')
  @PublishOnAdd('members')
  add(@Param('id') _id: string, @Param('memberId') _memberId: string) {
    return {};
  }
}

/** An application that was created, and not yet initialized, as `main.ts` has it. */
export async function createDescribed(): Promise<INestApplication> {
  @Module({
    imports: [SocketsModule.forRoot({ resources: { member: { idType: 'uuid' } } })],
    controllers: [CardsController, BoardsController],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  return app.setGlobalPrefix('api');
}
