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
import type { Card } from './card.entity.js';
import { CardsService } from './cards.service.js';
import { ChangeCardDto } from './dto/change-card.dto.js';
import { CreateCardDto } from './dto/create-card.dto.js';

/**
 * A new card is news of its board (`addedTo` its `cards`), and so is one that goes: the relation says so. Nobody watches for cards as such, which would be
 * to hear of those on all boards. Who hears of the board reads the card, and then hears of it.
 */
@Controller('boards/:boardId/cards')
@Resourceful('card', { relations: { boardId: belongsTo('board', 'cards') } })
export class CardsController {
  constructor(private readonly cards: CardsService) {}

  @Get()
  @SubscribeOnRead()
  findAll(@Param('boardId', ParseIntPipe) boardId: number, @ActingMember() member: Member): Promise<Card[]> {
    return this.cards.findAll(boardId, member);
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('id', ParseIntPipe) id: number,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.findOne({ id, boardId }, member);
  }

  @Post()
  @PublishOnCreate({ subscribe: true })
  create(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Body() card: CreateCardDto,
    @ActingMember() member: Member,
  ): Promise<Card> {
    return this.cards.create(boardId, card, member);
  }

  @Patch(':id')
  @PublishOnUpdate()
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
