import { Controller, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { RequestingSocket, SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { boardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

/** Rooms and broadcast without any record: whoever has the board open is greeted, except the one who greets. */
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
    @ActingMember() member: Member,
    @RequestingSocket() socket: Socket | undefined,
  ): Promise<void> {
    const { id } = await this.boards.findOne(boardId, member);
    // A broadcast meets no serializer: the member's id says enough, the member would say too much.
    await this.sockets.broadcast(boardRoom(id), 'hello', { memberId: member.id }, { except: socket });
  }
}
