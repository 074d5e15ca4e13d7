import { Body, Controller, Get, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';

export interface Card {
  id: number;
  title: string;
}

@Controller('cards')
@Resourceful('card', { overload: 'refetch' })
export class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): Card[] {
    return [{ id: 1, title: 'first' }];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): Card {
    return { id, title: 'first' };
  }

  @Patch(':id')
  @PublishOnUpdate()
  rename(@Param('id', ParseIntPipe) id: number, @Body() { title }: { title: string }): Card {
    return { id, title };
  }
}

export async function read(client: TestClient, url: string): Promise<void> {
  await client.socket.emitWithAck('get', { url });
}

/** The titles of the cards that a client has heard of, and where it was told that it has missed some. */
export function story(client: TestClient): unknown[] {
  return client.received
    .filter(([event]) => event === 'card' || event === 'sockets:stale')
    .map(([event, message]) => (event === 'card' ? (message as { data: Card }).data.title : message));
}
