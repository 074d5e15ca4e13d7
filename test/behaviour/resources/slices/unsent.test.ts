import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  BeforePublication,
  NotSerializableError,
  SocketsModule,
  type EnteredMessage,
  type ResourceChannel,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { heard } from './support/cards.js';

interface Card {
  id: number;
  boardId: number;
  title?: string;
  size?: bigint;
}

/** Lets no card enter board 13. */
@Injectable()
class Bouncer {
  @BeforePublication('card', 'entered')
  check({ data }: EnteredMessage<Partial<Card>>) {
    if (data.boardId === 13) throw new Error('nobody enters board 13');
  }
}

async function cardsOf(): Promise<{ app: TestApplication; cards: ResourceChannel<Card> }> {
  const app = await start({
    imports: [SocketsModule.forRoot({ resources: { card: { slices: ['boardId'] } } })],
    providers: [Bouncer],
  });
  return { app, cards: app.channel<Card>('card') };
}

describe('a publication that is not sent', () => {
  it('leaves the records where they were, for all publications that belong together', async () => {
    const { app, cards } = await cardsOf();
    const client = await app.connect();
    await cards.watch(client.id, { boardId: 7 });

    const both = cards.publishCreate([
      { id: 1, boardId: 7 },
      { id: 2, boardId: 7, size: 1n },
    ]);
    await expect(both).rejects.toThrow(NotSerializableError);
    // Had card 1 been placed on board 7, its watchers would hear of it.
    await cards.publishUpdate(1, { title: 'never created' });
    await app.settle();

    expect(heard(client)).toEqual([]);
  });

  it('sends nothing either where the message for the slice that a record enters is refused', async () => {
    const { app, cards } = await cardsOf();
    const client = await app.connect();
    await cards.watch(client.id, { boardId: 7 });
    await cards.publishCreate({ id: 1, boardId: 7 });

    await expect(cards.publishUpdate(1, { boardId: 13 })).rejects.toThrow('nobody enters board 13');
    // Had card 1 been placed on board 13, the watchers of board 7 would not hear of it.
    await cards.publishUpdate(1, { title: 'still on board 7' });
    await app.settle();

    expect(heard(client)).toEqual(['created 1', 'updated 1']);
  });
});
