import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  BeforePublication,
  OnPublication,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { asRole, audience, read, startPeople } from './support/people.js';

/** Shows nothing of where the card is. */
class PublicCard {
  @Expose() id!: number;
  @Expose() title!: string;
}

class AdminCard extends PublicCard {
  @Expose() notes!: string;
}

@Controller()
@Resourceful('card', { slices: ['boardId'], view: PublicCard, views: { admin: AdminCard }, audience, idType: 'number' })
class CardsController {
  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true })
  find(@Param('boardId') boardId: string): object[] {
    return [{ id: 1, boardId, title: 'one', notes: 'n' }];
  }

  @Patch('cards/:id')
  @PublishOnUpdate({ previous: () => ({ id: 1, boardId: '7' }) })
  move(@Body() body: object): object {
    return { id: 1, boardId: '7', title: 'one', notes: 'n', ...body };
  }
}

const heardOn: unknown[] = [];

class Listeners {
  static before: unknown[] = [];

  @BeforePublication('card', 'updated')
  see({ data }: { data: unknown }): void {
    Listeners.before.push(data);
  }

  @OnPublication('card')
  hear(message: unknown): void {
    heardOn.push(message);
  }
}

describe('Views and slices', () => {
  it('show a record that moves in the view of whoever sees it come, and hide where it was', async () => {
    const app = await startPeople({ controllers: [CardsController] });
    const at = async (board: number, role?: string) => {
      const client = await app.connect(asRole(role, board));
      await read(client, `/boards/${board}/cards`);
      return client;
    };
    const [from, fromAdmin, to, toAdmin] = [await at(7), await at(7, 'admin'), await at(8), await at(8, 'admin')];
    // Whoever read board 8 was told of card 1 there, which this is not about.
    for (const client of [to, toAdmin]) await app.channel('card').unsubscribe(client.id, 1);
    await app.request('PATCH', '/cards/1', { boardId: '8' });
    await app.settle();

    for (const client of [from, fromAdmin]) expect(client.heard('card')).toContainEqual({ verb: 'left', id: 1 });
    expect(to.heard('card')).toEqual([{ verb: 'entered', id: 1, data: { id: 1, title: 'one' } }]);
    expect(toAdmin.heard('card')).toEqual([{ verb: 'entered', id: 1, data: { id: 1, title: 'one', notes: 'n' } }]);
  });

  it('run listeners before each view, and tell the server of the plainest once', async () => {
    Listeners.before = [];
    heardOn.length = 0;
    const app = await startPeople({ controllers: [CardsController], providers: [Listeners] });
    const client = await app.connect(asRole());
    await read(client, '/boards/7/cards');
    await app.request('PATCH', '/cards/1', { title: 'two' });
    await client.next('card');
    expect(Listeners.before).toEqual([
      { id: 1, title: 'two', notes: 'n' },
      { id: 1, title: 'two' },
    ]);
    expect(heardOn).toEqual([{ verb: 'updated', id: 1, data: { id: 1, title: 'two' }, previous: { id: 1 } }]);
  });
});
