import { All, Controller, Delete, Get, Param, Patch, Post, Res, Sse, Version } from '@nestjs/common';
import { PublishOnCreate, PublishOnUpdate, Resourceful, SubscribeOnRead } from 'nestjs-sockets';
import { Observable, of } from 'rxjs';
import { Card, publicCard } from './card.js';

@Controller({ path: ['boards/:boardId/cards', 'cards'], version: '1' })
@Resourceful('card', { view: publicCard, slices: ['boardId'] })
export class CardsController {
  @Get()
  @SubscribeOnRead()
  async findAll(): Promise<Card[]> {
    return [new Card()];
  }

  @Get(':id')
  findOne(@Param('id') _id: string): Observable<Card> {
    return of(new Card());
  }

  @Patch(':id')
  @PublishOnUpdate()
  change(@Param('id') _id: string): Card {
    return new Card();
  }

  @Delete(':id')
  remove(@Param('id') _id: string): void {}

  @Get(':id/picture')
  picture(@Res() _response: unknown): void {}

  @Sse('live')
  live(): Observable<{ data: string }> {
    return of({ data: '' });
  }

  @All(':id/echo')
  @Version('2')
  echo(@Param('id') id: string) {
    return { id };
  }
}

@Controller('comments')
@Resourceful('comment')
export class CommentsController {
  @Post()
  @PublishOnCreate()
  async create() {
    return { id: 1, text: '', at: new Date() };
  }
}
