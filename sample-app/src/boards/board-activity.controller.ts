import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { RequestingSocket, Resourceful, SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import type { Activity } from '../activity/activity.entity.js';
import { ActivityService } from '../activity/activity.service.js';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { boardRoom, isBoardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

/** A room of one's own, which a route lets in to: who reads what happened on a board is there when something happens next. */
@Controller('boards/:boardId/activity')
@Resourceful('activity')
export class BoardActivityController {
  constructor(
    private readonly boards: BoardsService,
    private readonly activity: ActivityService,
    private readonly sockets: SocketsService,
  ) {}

  @Get()
  async findLatest(
    @Param('boardId', ParseIntPipe) boardId: number,
    @ActingMember() member: Member,
    @RequestingSocket() socket: Socket | undefined,
  ): Promise<Activity[]> {
    const { id } = await this.boards.findOne(boardId, member);
    if (socket) await this.enter(socket, boardRoom(id));
    return this.activity.findLatest(id);
  }

  /** A page has one board open at a time. */
  private async enter(socket: Socket, room: string): Promise<void> {
    await this.sockets.leave(socket, [...socket.rooms].filter(isBoardRoom));
    await this.sockets.join(socket, room);
  }
}
