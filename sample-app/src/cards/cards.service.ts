import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import { BoardsService } from '../boards/boards.service.js';
import { visibleTo } from '../boards/visible-boards.js';
import type { Member } from '../members/member.entity.js';
import { MembersService } from '../members/members.service.js';
import { Card } from './card.entity.js';
import { describeChanges } from './describe-changes.js';
import type { ChangeCardDto } from './dto/change-card.dto.js';
import type { CreateCardDto } from './dto/create-card.dto.js';

@Injectable()
export class CardsService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(Card) private readonly cards: Repository<Card>,
    private readonly boards: BoardsService,
    private readonly members: MembersService,
    private readonly activity: ActivityService,
  ) {}

  async findAll(boardId: number, member: Member): Promise<Card[]> {
    await this.boards.findOne(boardId, member);
    return this.cards.find({ where: { boardId }, order: { position: 'ASC', id: 'ASC' } });
  }

  async findOne(where: { id: number; boardId?: number }, member: Member): Promise<Card> {
    const card = await this.cards.findOneBy(visibleTo(member).map((board) => ({ ...where, board })));
    if (!card) throw new NotFoundException(`There is no card ${where.id}`);
    return card;
  }

  /** Finds a card without checking who may see it. */
  findAnybodys(id: number): Promise<Card | null> {
    return this.cards.findOneBy({ id });
  }

  async create(boardId: number, { title, column }: CreateCardDto, member: Member): Promise<Card> {
    await this.boards.findOne(boardId, member);
    const last = (await this.cards.maximum('position', { boardId, column })) ?? 0;
    const { id } = await this.cards.save(this.cards.create({ boardId, title, column, position: last + 1 }));
    await this.activity.record(boardId, member, `added “${title}”`);
    return this.findOne({ id }, member);
  }

  /**
   * Changes a card and notes it in the list of what happened, all or nothing: what the list publishes is held until
   * both are committed.
   */
  async change(boardId: number, id: number, changes: ChangeCardDto, member: Member): Promise<Card> {
    const before = await this.findOne({ id, boardId }, member);
    if (changes.note !== undefined && !member.isAdmin) throw new ForbiddenException('Only admins can write notes');
    if (changes.boardId !== undefined) await this.boards.findOne(changes.boardId, member);
    if (changes.assigneeId) await this.members.findOne(changes.assigneeId);
    return this.dataSource.transaction(async (transaction) => {
      // TypeORM refuses an update without values; an empty change is fine.
      if (Object.keys(changes).length > 0) await transaction.update(Card, id, changes);
      const after = await transaction.findOneByOrFail(Card, { id });
      for (const what of describeChanges(before, after)) {
        await this.activity.record(boardId, member, what, transaction);
      }
      if (after.boardId !== boardId) {
        await this.activity.record(after.boardId, member, `moved “${after.title}” to this board`, transaction);
      }
      return after;
    });
  }

  async remove(boardId: number, id: number, member: Member): Promise<Card> {
    const card = await this.findOne({ id, boardId }, member);
    await this.cards.delete(id);
    await this.activity.record(boardId, member, `deleted “${card.title}”`);
    return card;
  }
}
