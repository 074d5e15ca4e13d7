import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { PublishOnCreate, PublishOnDestroy, PublishOnUpdate, Resourceful } from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Board } from './board.entity.js';
import { BoardsService } from './boards.service.js';
import { SaveBoardDto } from './dto/save-board.dto.js';

@Controller('boards')
@Resourceful('board')
export class BoardsController {
  constructor(private readonly boards: BoardsService) {}

  @Get()
  findAll(): Promise<Board[]> {
    return this.boards.findAll();
  }

  @Post()
  @PublishOnCreate()
  create(@Body() { title }: SaveBoardDto, @ActingMember() member: Member): Promise<Board> {
    return this.boards.create(title, member);
  }

  @Patch(':id')
  @PublishOnUpdate()
  rename(
    @Param('id', ParseIntPipe) id: number,
    @Body() { title }: SaveBoardDto,
    @ActingMember() member: Member,
  ): Promise<Board> {
    return this.boards.rename(id, title, member);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number): Promise<Board> {
    return this.boards.remove(id);
  }
}
