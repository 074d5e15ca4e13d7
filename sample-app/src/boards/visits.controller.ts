import { Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Put } from '@nestjs/common';
import { JoinRoom, LeaveRoom, type PresentUser, Relay, SocketsService } from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BOARD_ROOM, boardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

/** Who is looking at a board: the room that this lets into, and what goes on in there. Who is typing goes from page to page; no route and no table knows it. */
@Controller('boards/:boardId')
@Relay('typing', { to: BOARD_ROOM, maxSize: 200 })
export class VisitsController {
  constructor(
    private readonly boards: BoardsService,
    private readonly sockets: SocketsService,
  ) {}

  @Put('visit')
  @HttpCode(204)
  @JoinRoom(BOARD_ROOM, { presence: true })
  async begin(@Param('boardId', ParseIntPipe) boardId: number, @ActingMember() member: Member): Promise<void> {
    await this.boards.findOne(boardId, member);
  }

  /** Nobody needs a right to leave. */
  @Delete('visit')
  @HttpCode(204)
  @LeaveRoom(BOARD_ROOM)
  end(): void {}

  @Get('visitors')
  async findVisitors(
    @Param('boardId', ParseIntPipe) boardId: number,
    @ActingMember() member: Member,
  ): Promise<PresentUser[]> {
    const { id } = await this.boards.findOne(boardId, member);
    return this.sockets.presence(boardRoom(id));
  }
}
