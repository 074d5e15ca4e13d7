import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import {
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Board } from './board.entity.js';
import { BoardsService } from './boards.service.js';
import { CreateBoardDto } from './dto/create-board.dto.js';
import { RenameBoardDto } from './dto/rename-board.dto.js';

@Controller('boards')
@Resourceful('board')
export class BoardsController {
  constructor(private readonly boards: BoardsService) {}

  /**
   * Subscribes its reader to each board in the list, and to new ones. It watches for `created` only: to watch for
   * anything else would be to receive messages about all boards, even those that the reader may not see. Every board
   * that is published as created is public, so `slice: false` says that all members may know all of these.
   */
  @Get()
  @SubscribeOnRead({ watch: ['created'], slice: false })
  findAll(@CurrentMember() member: Member): Promise<Board[]> {
    return this.boards.findAll(member);
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number, @CurrentMember() member: Member): Promise<Board> {
    return this.boards.findOne(id, member);
  }

  /** Publishes a public board to everyone, and a private one to its owner only, as added to the owner's `boards`. */
  @Post()
  @PublishOnCreate({ when: ({ isPrivate }: Board) => !isPrivate, subscribe: true })
  @PublishOnAdd('boards', {
    resource: 'member',
    id: ({ ownerId }: Board) => ownerId,
    child: ({ id }: Board) => id,
    when: ({ isPrivate }: Board) => isPrivate,
    noReverse: true,
  })
  create(@Body() board: CreateBoardDto, @CurrentMember() member: Member): Promise<Board> {
    return this.boards.create(board, member);
  }

  @Patch(':id')
  @PublishOnUpdate()
  rename(
    @Param('id', ParseIntPipe) id: number,
    @Body() { title }: RenameBoardDto,
    @CurrentMember() member: Member,
  ): Promise<Board> {
    return this.boards.rename(id, title, member);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number, @CurrentMember() member: Member): Promise<Board> {
    return this.boards.remove(id, member);
  }
}
