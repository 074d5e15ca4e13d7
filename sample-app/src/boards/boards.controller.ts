import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import {
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
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
   * Who reads the boards hears of each of them, and of new ones. To watch for anything else but `created` would be to hear of all boards, of those that
   * one cannot read, too.
   */
  @Get()
  @SubscribeOnRead({ watch: ['created'] })
  findAll(@ActingMember() member: Member): Promise<Board[]> {
    return this.boards.findAll(member);
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number, @ActingMember() member: Member): Promise<Board> {
    return this.boards.findOne(id, member);
  }

  /** A new board is news for everybody; a private one is news of its owner, and who else would hear of that? */
  @Post()
  @PublishOnCreate({ when: ({ isPrivate }: Board) => !isPrivate, subscribe: true })
  @PublishOnAdd('boards', {
    resource: 'member',
    id: ({ ownerId }: Board) => ownerId,
    child: ({ id }: Board) => id,
    when: ({ isPrivate }: Board) => isPrivate,
  })
  create(@Body() board: CreateBoardDto, @ActingMember() member: Member): Promise<Board> {
    return this.boards.create(board, member);
  }

  @Patch(':id')
  @PublishOnUpdate()
  rename(
    @Param('id', ParseIntPipe) id: number,
    @Body() { title }: RenameBoardDto,
    @ActingMember() member: Member,
  ): Promise<Board> {
    return this.boards.rename(id, title, member);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number, @ActingMember() member: Member): Promise<Board> {
    return this.boards.remove(id, member);
  }
}
