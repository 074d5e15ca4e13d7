import { UseFilters } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { InjectResource, type ResourceChannel, SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import type { Card } from '../cards/card.entity.js';
import type { Comment } from '../comments/comment.entity.js';
import { AnswerErrorsFilter } from '../sockets/answer-errors.filter.js';
import { boardRoom, isBoardRoom } from './board-room.js';
import type { Board } from './board.entity.js';
import { BoardsService } from './boards.service.js';
import { OpenBoardDto } from './dto/open-board.dto.js';

/** Who hears what. Everybody may read everything in this sample, so everybody may hear it. */
@WebSocketGateway()
@UseFilters(AnswerErrorsFilter)
export class BoardsGateway implements OnGatewayConnection<Socket> {
  constructor(
    private readonly boards: BoardsService,
    private readonly sockets: SocketsService,
    @InjectResource('board') private readonly boardChannel: ResourceChannel<Board>,
    @InjectResource('card') private readonly cardChannel: ResourceChannel<Card>,
    @InjectResource('comment') private readonly commentChannel: ResourceChannel<Comment>,
  ) {}

  /** Each page shows the list of boards, whichever of them is open. */
  handleConnection(socket: Socket): void {
    void this.boardChannel.watch(socket);
  }

  /** A page opens one board at a time: it enters the board's room and leaves the one before. */
  @SubscribeMessage('open board')
  async open(@MessageBody() { boardId }: OpenBoardDto, @ConnectedSocket() socket: Socket): Promise<OpenBoardDto> {
    const { id } = await this.boards.findOne(boardId);
    // The socket is connected here, so its rooms are at hand: no other message can come between this line and the next.
    const before = [...socket.rooms].filter(isBoardRoom);
    await Promise.all([
      this.sockets.leave(socket, before),
      this.sockets.join(socket, boardRoom(id)),
      this.cardChannel.watch(socket),
      this.commentChannel.watch(socket),
    ]);
    return { boardId: id };
  }
}
