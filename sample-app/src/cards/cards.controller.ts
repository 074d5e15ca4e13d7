import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import {
  belongsTo,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Identity } from '../sessions/authenticate.js';
import type { Card } from './card.entity.js';
import { AdminCardView, CardView } from './card.views.js';
import { CardsService } from './cards.service.js';
import { ChangeCardDto } from './dto/change-card.dto.js';
import { CreateCardDto } from './dto/create-card.dto.js';

/**
 * Cards are watched by the board: who has read its cards hears of all that happens to them, of new ones, and of those that come from another board or go
 * there. They are news of their board, too (`addedTo` its `cards`): the relation says so, and the tabs count them. What admins note on a card, only admins hear.
 */
@Controller('boards/:boardId/cards')
@Resourceful('card', {
  slices: ['boardId'],
  relations: { boardId: belongsTo('board', 'cards') },
  view: CardView,
  views: { admin: AdminCardView },
  audience: ({ isAdmin }: Identity) => (isAdmin ? 'admin' : undefined),
})
export class CardsController {
  constructor(private readonly cards: CardsService) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  findAll(@Param('boardId', ParseIntPipe) boardId: number, @ActingMember() member: Member): Promise<Card[]> {
    return this.cards.findAll(boardId, member);
  }

  @Get(':id')
  findOne(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.findOne({ id, boardId }, member);
  }

  @Post()
  @PublishOnCreate()
  create(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Body() card: CreateCardDto,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.create(boardId, card, member);
  }

  /** Where the card was says `previous`: it may be on another board afterwards. */
  @Patch(':id')
  @PublishOnUpdate({ previous: (context) => context.get(CardsService).findAnybodys(context.args[1] as number) })
  change(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @Body() changes: ChangeCardDto,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.change(boardId, id, changes, member);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.remove(boardId, id, member);
  }
}
