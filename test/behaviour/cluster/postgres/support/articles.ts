import { Controller, Get, Param } from '@nestjs/common';
import { Resourceful, SubscribeOnRead } from '../../../../../src/index.js';

export interface Article {
  id: number;
  slug: string;
  title?: string;
}

@Controller('articles')
@Resourceful('article', { key: 'slug' })
export class ArticlesController {
  @Get(':slug')
  @SubscribeOnRead()
  findOne(@Param('slug') slug: string): object {
    return { id: 1, slug };
  }
}
