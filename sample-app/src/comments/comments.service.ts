import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import { CardsService } from '../cards/cards.service.js';
import type { Member } from '../members/member.entity.js';
import { Comment } from './comment.entity.js';

@Injectable()
export class CommentsService {
  constructor(
    @InjectRepository(Comment) private readonly comments: Repository<Comment>,
    private readonly cards: CardsService,
    private readonly activity: ActivityService,
  ) {}

  async findAll(cardId: number, member: Member): Promise<Comment[]> {
    await this.cards.findOne({ id: cardId }, member);
    return this.comments.find({ where: { cardId }, order: { id: 'ASC' } });
  }

  async create(cardId: number, text: string, author: Member): Promise<Comment> {
    const card = await this.cards.findOne({ id: cardId }, author);
    const comment = await this.comments.save(this.comments.create({ cardId, authorId: author.id, author, text }));
    await this.activity.record(card.boardId, author, `commented on “${card.title}”`);
    return comment;
  }
}
