import { Controller, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { RequestingSocket, SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { boardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

/** Greets everyone who has the board open, except the sender. It shows rooms and broadcasts without any record. */
@Controller('boards/:boardId/hello')
export class HelloController {
  constructor(
    private readonly boards: BoardsService,
    private readonly sockets: SocketsService,
  ) {}

  @Post()
  @HttpCode(204)
  async sayHello(
    @Param('boardId', ParseIntPipe) boardId: number,
    @CurrentMember() member: Member,
    @RequestingSocket() socket: Socket | undefined,
  ): Promise<void> {
    const { id } = await this.boards.findOne(boardId, member);
    // A broadcast bypasses the serializer: the member's id is enough, while the member would reveal too much.
    await this.sockets.broadcast(boardRoom(id), 'hello', { memberId: member.id }, { except: socket });
  }
}
