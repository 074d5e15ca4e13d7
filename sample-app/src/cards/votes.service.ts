import { ForbiddenException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import type { Member } from '../members/member.entity.js';
import { Card } from './card.entity.js';
import { CardsService } from './cards.service.js';

@Injectable()
export class VotesService {
  constructor(
    @InjectRepository(Card) private readonly repository: Repository<Card>,
    private readonly cards: CardsService,
    private readonly activity: ActivityService,
  ) {}

  async add(id: number, voterId: number, member: Member): Promise<void> {
    const card = await this.cardFor(id, voterId, member);
    if (card.voterIds.includes(member.id)) return;
    await this.votersOf(card).add(member.id);
    await this.activity.record(card.boardId, member, `voted for “${card.title}”`);
  }

  async remove(id: number, voterId: number, member: Member): Promise<void> {
    const card = await this.cardFor(id, voterId, member);
    await this.votersOf(card).remove(member.id);
  }

  private async cardFor(id: number, voterId: number, member: Member): Promise<Card> {
    const card = await this.cards.findOne({ id }, member);
    if (voterId !== member.id) throw new ForbiddenException('You can only cast your own vote');
    return card;
  }

  private votersOf(card: Card) {
    return this.repository.createQueryBuilder().relation(Card, 'voters').of(card.id);
  }
}
