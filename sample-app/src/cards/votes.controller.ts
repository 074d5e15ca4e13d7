import { Controller, Delete, HttpCode, Param, ParseIntPipe, Put } from '@nestjs/common';
import { PublishOnAdd, PublishOnRemove } from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { VotesService } from './votes.service.js';

/**
 * Adds members to the voters of a card, and removes them. The publication takes everything from the path. `noReverse`
 * says that members are not told what they have voted for.
 */
@Controller('cards/:id/voters')
export class VotesController {
  constructor(private readonly votes: VotesService) {}

  @Put(':memberId')
  @HttpCode(204)
  @PublishOnAdd('voters', { resource: 'card', child: 'memberId', noReverse: true })
  add(
    @Param('id', ParseIntPipe) id: number,
    @Param('memberId', ParseIntPipe) voterId: number,
    @CurrentMember() member: Member,
  ): Promise<void> {
    return this.votes.add(id, voterId, member);
  }

  @Delete(':memberId')
  @HttpCode(204)
  @PublishOnRemove('voters', { resource: 'card', child: 'memberId', noReverse: true })
  remove(
    @Param('id', ParseIntPipe) id: number,
    @Param('memberId', ParseIntPipe) voterId: number,
    @CurrentMember() member: Member,
  ): Promise<void> {
    return this.votes.remove(id, voterId, member);
  }
}
