import { Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Put } from '@nestjs/common';
import { JoinRoom, LeaveRoom, type PresentUser, Relay, SocketsService } from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BOARD_ROOM, boardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

/**
 * Lets members into the room of a board, which knows who is looking at the board. Who is typing is relayed from page to
 * page, without a route or a table.
 */
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
  async begin(@Param('boardId', ParseIntPipe) boardId: number, @CurrentMember() member: Member): Promise<void> {
    await this.boards.findOne(boardId, member);
  }

  /** Checks nothing: leaving needs no permission. */
  @Delete('visit')
  @HttpCode(204)
  @LeaveRoom(BOARD_ROOM)
  end(): void {}

  @Get('visitors')
  async findVisitors(
    @Param('boardId', ParseIntPipe) boardId: number,
    @CurrentMember() member: Member,
  ): Promise<PresentUser[]> {
    const { id } = await this.boards.findOne(boardId, member);
    return this.sockets.presence(boardRoom(id));
  }
}
