import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import {
  belongsTo,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Identity } from '../sessions/authenticate.js';
import type { Card } from './card.entity.js';
import { AdminCardView, CardView } from './card.views.js';
import { CardsService } from './cards.service.js';
import { ChangeCardDto } from './dto/change-card.dto.js';
import { CreateCardDto } from './dto/create-card.dto.js';

/**
 * Splits cards into one slice per board: whoever has read the cards of a board is told about changes to them, about new
 * ones, and about those that come from another board or go there. Because of the relation, the board's subscribers are
 * told about new cards, too (`addedTo` its `cards`); the tabs count them. Only admins receive the notes on cards.
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
  findAll(@Param('boardId', ParseIntPipe) boardId: number, @CurrentMember() member: Member): Promise<Card[]> {
    return this.cards.findAll(boardId, member);
  }

  @Get(':id')
  findOne(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @CurrentMember() member: Member,
  ): Promise<Card> {
    return this.cards.findOne({ id, boardId }, member);
  }

  @Post()
  @PublishOnCreate()
  create(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Body() card: CreateCardDto,
    @CurrentMember() member: Member,
  ): Promise<Card> {
    return this.cards.create(boardId, card, member);
  }

  /** Says by `previous` which board the card was on before: it may be on another one afterwards. */
  @Patch(':id')
  @PublishOnUpdate({ previous: (context) => context.get(CardsService).findAnybodys(context.args[1] as number) })
  change(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @Body() changes: ChangeCardDto,
    @CurrentMember() member: Member,
  ): Promise<Card> {
    return this.cards.change(boardId, id, changes, member);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @CurrentMember() member: Member,
  ): Promise<Card> {
    return this.cards.remove(boardId, id, member);
  }
}
