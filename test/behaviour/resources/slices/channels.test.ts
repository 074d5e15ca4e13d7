import { describe, expect, it } from 'vitest';
import { InvalidSliceError, SocketsModule, type ResourceChannel } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { subscriptions } from '../../routes/support/subscriptions.js';
import { heard } from './support/cards.js';

interface Card {
  id: number;
  boardId: number;
  tenantId: string;
}

async function cardsOf(): Promise<{ app: TestApplication; cards: ResourceChannel<Card> }> {
  const slices = ['boardId', ['tenantId', 'boardId']];
  const app = await start({ imports: [SocketsModule.forRoot({ resources: { card: { slices } } })] });
  return { app, cards: app.channel<Card>('card') };
}

describe('slices from code', () => {
  it('are watched, told who watches them, and no longer watched', async () => {
    const { app, cards } = await cardsOf();
    const client = await app.connect();

    await cards.watch(client.id, { boardId: 7 });
    await cards.watch(client.id, { boardId: 7, tenantId: 'acme' }, { verbs: ['created'] });
    const verbs = ['created', 'entered', 'left'];
    const rooms = verbs.map((verb) => `card#${verb}@tenantId=acme&boardId=7`);
    expect(await subscriptions(app, client)).toEqual([...rooms, 'card@boardId=7']);
    expect(await cards.watchers({ boardId: 7 })).toEqual([client.id]);
    expect(await cards.watchers({ tenantId: 'acme', boardId: 7 })).toEqual([client.id]);
    expect(await cards.watchers({ boardId: 8 })).toEqual([]);
    expect(await cards.watchers()).toEqual([]);

    await cards.publishCreate({ id: 1, boardId: 7, tenantId: 'acme' });
    await cards.publishCreate({ id: 2, boardId: 8, tenantId: 'acme' });
    await app.settle();
    expect(heard(client)).toEqual(['created 1']);

    await cards.unwatch(client.id, { tenantId: 'acme', boardId: 7 });
    expect(await subscriptions(app, client)).toEqual(['card@boardId=7']);
  });

  it('and the whole collection are no longer watched each by itself', async () => {
    const { app, cards } = await cardsOf();
    const client = await app.connect();
    await cards.watch(client.id);
    await cards.watch(client.id, { boardId: 7 });

    await cards.unwatch(client.id);
    expect(await subscriptions(app, client)).toEqual(['card@boardId=7']);

    await cards.watch(client.id);
    await cards.unwatch(client.id, { boardId: 7 });
    expect(await subscriptions(app, client)).toEqual(['card']);
  });

  it('that the resource lacks are refused, naming those it has, and never taken for the whole collection', async () => {
    const { app, cards } = await cardsOf();
    const client = await app.connect();

    for (const wrong of [
      {},
      { tenantId: 'acme' },
      { boardId: 7, id: 1 },
      { verbs: ['created'] },
      { boardId: null },
      { boardId: undefined },
      { boardId: '' },
      { boardId: Number.NaN },
      { boardId: { id: 7 } },
      'boardId=7',
      7,
      null,
      ['boardId'],
    ]) {
      for (const call of [
        () => cards.watch(client.id, wrong as never),
        () => cards.unwatch(client.id, wrong as never),
        () => cards.watchers(wrong as never),
      ]) {
        await expectRefusal(call, InvalidSliceError, 'INVALID_SLICE', 'boardId, tenantId + boardId');
      }
    }
    await expectRefusal(
      cards.watch(client.id, { boardId: 'secret' as never, x: 1 } as never),
      InvalidSliceError,
      'INVALID_SLICE',
      /^(?!.*secret)/,
    );
    expect(await subscriptions(app, client)).toEqual([]);
  });
});
