import { ConflictException, ForbiddenException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SocketsService } from 'nestjs-sockets';
import { Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import type { Member } from '../members/member.entity.js';
import { MembersService } from '../members/members.service.js';
import { Board } from './board.entity.js';
import { boardRoom } from './board-room.js';
import { BoardsService } from './boards.service.js';

@Injectable()
export class BoardMembersService {
  constructor(
    @InjectRepository(Board) private readonly repository: Repository<Board>,
    private readonly boards: BoardsService,
    private readonly members: MembersService,
    private readonly activity: ActivityService,
    private readonly sockets: SocketsService,
  ) {}

  async add(boardId: number, memberId: number, owner: Member): Promise<void> {
    const board = await this.boardOf(boardId, owner);
    const { id, name } = await this.members.findOne(memberId);
    if (board.memberIds.includes(id)) return;
    await this.membersOf(board).add(id);
    await this.activity.record(board.id, owner, `added ${name} to the board`);
  }

  async remove(boardId: number, memberId: number, owner: Member): Promise<void> {
    const board = await this.boardOf(boardId, owner);
    const { id, name } = await this.members.findOne(memberId);
    if (!board.memberIds.includes(id)) return;
    await this.membersOf(board).remove(id);
    await this.revoke(board.id, id);
    await this.activity.record(board.id, owner, `removed ${name} from the board`);
  }

  /**
   * Ends the subscriptions that the member got by reading. It runs after the database has changed: from then on, new
   * reads are refused.
   */
  private async revoke(boardId: number, user: number): Promise<void> {
    await this.sockets.revoke({ user, resource: 'board', ids: [boardId] });
    await this.sockets.revoke({ user, resource: 'card', slice: { boardId } });
    await this.sockets.revoke({ user, room: boardRoom(boardId) });
  }

  private async boardOf(id: number, member: Member): Promise<Board> {
    const board = await this.boards.findOne(id, member);
    if (!board.isPrivate) throw new ConflictException('A public board has no members: it is open to everyone');
    if (board.ownerId !== member.id) throw new ForbiddenException('Only the owner of a board can change its members');
    return board;
  }

  private membersOf({ id }: Board) {
    return this.repository.createQueryBuilder().relation(Board, 'members').of(id);
  }
}
