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
    await this.activity.record(board.id, owner, `let ${name} in`);
  }

  async remove(boardId: number, memberId: number, owner: Member): Promise<void> {
    const board = await this.boardOf(boardId, owner);
    const { id, name } = await this.members.findOne(memberId);
    if (!board.memberIds.includes(id)) return;
    await this.membersOf(board).remove(id);
    await this.revoke(board.id, id);
    await this.activity.record(board.id, owner, `put ${name} out`);
  }

  /** After the database, which refuses who reads from now on; this ends what was read before. */
  private async revoke(boardId: number, user: number): Promise<void> {
    await this.sockets.revoke({ user, resource: 'board', ids: [boardId] });
    await this.sockets.revoke({ user, resource: 'card', slice: { boardId } });
    await this.sockets.revoke({ user, room: boardRoom(boardId) });
  }

  private async boardOf(id: number, member: Member): Promise<Board> {
    const board = await this.boards.findOne(id, member);
    if (!board.isPrivate) throw new ConflictException('A public board is for everybody');
    if (board.ownerId !== member.id) throw new ForbiddenException('Only its owner says who is a member of a board');
    return board;
  }

  private membersOf({ id }: Board) {
    return this.repository.createQueryBuilder().relation(Board, 'members').of(id);
  }
}
