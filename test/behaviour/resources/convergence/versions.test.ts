import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Param,
  ParseIntPipe,
  Patch,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  OnPublication,
  PublishOnUpdate,
  ResourcefulPubSub,
  Resourceful,
  type ResourceOptions,
  SocketsModule,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
import { Gate } from '../../../support/gate.js';
import { listenTo, Logs } from '../../../support/logs.js';

interface Card {
  id: number;
  version?: unknown;
  title?: string;
  boardId?: number;
}

async function startWith(card: ResourceOptions = { version: 'version', verbs: ['moved'] }): Promise<{
  app: TestApplication;
  client: TestClient;
}> {
  const app = await start({ imports: [SocketsModule.forRoot({ resources: { card } })] });
  const client = await app.connect();
  await app.channel('card').watch(client.id);
  return { app, client };
}

function story(client: TestClient): string[] {
  const messages = client.heard('card') as Array<{ verb: string; data?: Card }>;
  return messages.map(({ verb, data }) => `${verb}${data?.title === undefined ? '' : ` ${data.title}`}`);
}

/** Publishes two changes, of which the second has the version that is given second. */
async function afterwards(one: unknown, other: unknown): Promise<string[]> {
  const { app, client } = await startWith();
  const cards = app.channel<Card>('card');
  await cards.publishUpdate(1, { version: one, title: 'one' });
  await cards.publishUpdate(1, { version: other, title: 'other' });
  await app.settle();
  return story(client);
}

/** Older and newer, as applications and databases write them. */
const IN_ORDER: Array<[string, unknown, unknown]> = [
  ['numbers', 9, 10],
  ['numbers below zero', -2, -1],
  ['numbers with a fraction', 1.5, 1.75],
  ['texts of numbers, not by their letters', '9', '10'],
  ['a number and the text of one', 9, '10'],
  ['numbers of a database that are too large for one', '9007199254740992', '9007199254740993'],
  ['texts of numbers with a fraction', '1.09', '1.1'],
  ['dates', new Date('2026-01-01T00:00:00.001Z'), new Date('2026-01-01T00:00:00.002Z')],
  ['a date and the text of one', new Date('2026-01-01T00:00:00.001Z'), '2026-01-01T00:00:00.002Z'],
  ['dates of different zones', '2026-01-01T10:00:00+02:00', '2026-01-01T09:00:00Z'],
  ['dates that differ in microseconds', '2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000002Z'],
  ['dates as Postgres writes them', '2026-01-01 00:00:00.12+00', '2026-01-01 00:00:00.123+00'],
  ['hexadecimal numbers', '0x00000000000007D3', '0x00000000000007DA'],
];

describe('A resource with versions', () => {
  it.each(IN_ORDER)('sends no older version after a newer one: %s', async (_, older, newer) => {
    expect(await afterwards(newer, older)).toEqual(['updated one']);
    expect(await afterwards(older, newer)).toEqual(['updated one', 'updated other']);
  });

  it.each([
    ['the same version', 5, 5],
    ['the same version in another form', '2026-01-01T00:00:00Z', new Date('2026-01-01')],
    ['a number and a date', 5, '2026-01-01T00:00:00Z'],
    ['random text', 'b', 'a'],
    ['no version after one', 5, undefined],
    ['no version before one', null, 5],
  ])('sends what is not known to be older: %s', async (_, one, other) => {
    expect(await afterwards(one, other)).toEqual(['updated one', 'updated other']);
  });

  it('sends the last state, too, where handlers finish in the wrong order, and tells nobody on the server', async () => {
    const row = { id: 1, version: 1, title: 'a' };
    const slow = new Gate();

    @Controller('cards')
    @Resourceful('card', { version: 'version' })
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate()
      async rename(@Param('id', ParseIntPipe) _id: number, @Body() { title }: Card) {
        const saved = { ...Object.assign(row, { title, version: row.version + 1 }) };
        if (title === 'slow') await slow.opened;
        return saved;
      }
    }

    class Scribe {
      readonly heard: unknown[] = [];

      @OnPublication('card')
      hear({ data }: { data: Card }): void {
        this.heard.push(data.title);
      }
    }

    const app = await start({ controllers: [CardsController], providers: [Scribe] });
    const client = await app.connect();
    await app.channel('card').watch(client.id);

    const first = app.request('PATCH', '/cards/1', { title: 'slow' });
    while (row.title !== 'slow') await new Promise((resolve) => setImmediate(resolve));
    await app.request('PATCH', '/cards/1', { title: 'quick' });
    await client.next('card');
    slow.open();
    expect((await first).body).toEqual({ id: 1, version: 2, title: 'slow' });
    await app.settle();

    expect(story(client)).toEqual(['updated quick']);
    expect(app.get(Scribe).heard).toEqual(['quick']);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 0, skipped: 1 });
  });

  it('without the option, sends them as they come', async () => {
    const { app, client } = await startWith({});
    await app.channel<Card>('card').publishUpdate(1, { version: 2, title: 'newer' });
    await app.channel<Card>('card').publishUpdate(1, { version: 1, title: 'older' });
    await app.settle();

    expect(story(client)).toEqual(['updated newer', 'updated older']);
  });

  it('compares the versions of one record, in `created` and verbs of your own as well', async () => {
    const { app, client } = await startWith();
    const cards = app.channel<Card>('card');
    await cards.publishUpdate(1, { version: 5, title: 'five' });
    await cards.publishUpdate(2, { version: 1, title: 'of another' });
    await cards.publishCreate({ id: 1, version: 1, title: 'one' });
    await cards.publishVerb('moved', 1, { id: 1, version: 4, title: 'four' });
    await cards.publishVerb('moved', 1, { id: 1, version: 6, title: 'six' });
    await cards.publishUpdate('1', { version: 5, title: 'five' });
    await cards.message(1, { version: 1, title: 'message' });
    await app.settle();

    expect(story(client)).toEqual(['updated five', 'updated of another', 'moved six', 'messaged message']);
  });

  it('sends no change of a record that was destroyed before, unless it is newer, or created again', async () => {
    const { app, client } = await startWith();
    const cards = app.channel<Card>('card');
    await cards.publishUpdate(1, { version: 5, title: 'five' });
    await cards.publishDestroy(1, { previous: { id: 1, version: 6 } });
    await cards.publishUpdate(1, { version: 5, title: 'older' });
    await cards.publishUpdate(1, { version: 6, title: 'the same' });
    await cards.publishUpdate(1, { title: 'unknown' });
    await cards.publishUpdate(1, { version: 7, title: 'restored' });
    await cards.publishDestroy(1);
    await cards.publishUpdate(1, { version: 8, title: 'late' });
    await cards.publishCreate({ id: 1, version: 1, title: 'again' });
    await cards.publishUpdate(1, { version: 2, title: 'changed' });
    await app.settle();

    expect(story(client)).toEqual([
      'updated five',
      'destroyed',
      'updated restored',
      'destroyed',
      'created again',
      'updated changed',
    ]);
  });

  it('forgets after a minute that a record was destroyed', async () => {
    const { app, client } = await startWith();
    const clock = stopClock();
    const cards = app.channel<Card>('card');
    await cards.publishDestroy(1);
    await clock.pass(59_000);
    await cards.publishUpdate(1, { version: 1, title: 'early' });
    await clock.pass(1_000);
    await cards.publishUpdate(1, { version: 1, title: 'later' });
    await clock.passUntil(app.settle());

    expect(story(client)).toEqual(['destroyed', 'updated later']);
  });

  it('remembers as many records as it is told', async () => {
    const { app, client } = await startWith({ version: 'version', rememberedVersions: 1 });
    const cards = app.channel<Card>('card');
    for (const [id, version] of [
      [1, 2],
      [1, 1],
      [2, 2],
      [1, 1],
    ])
      await cards.publishUpdate(id, { version, title: `${id} by ${version}` });
    await app.settle();

    expect(story(client)).toEqual(['updated 1 by 2', 'updated 2 by 2', 'updated 1 by 1']);
  });

  it('reads the version where a view, or a serializer, hides it from clients', async () => {
    class Row {
      id = 1;
      title = '';
      @Exclude()
      version = 0;
    }

    @Controller('cards')
    @Resourceful('card', { version: 'version' })
    @UseInterceptors(ClassSerializerInterceptor)
    class CardsController {
      @Patch(':id/:version')
      @PublishOnUpdate()
      rename(@Param('version', ParseIntPipe) version: number) {
        return Object.assign(new Row(), { version, title: `v${version}` });
      }
    }

    const view = ({ id, title }: Card): Partial<Card> => ({ id, title });
    for (const app of [
      await start({ controllers: [CardsController] }),
      await start({
        imports: [SocketsModule.forRoot({ resources: { card: { view } } })],
        controllers: [CardsController],
      }),
    ]) {
      const client = await app.connect();
      await app.channel('card').watch(client.id);
      await app.request('PATCH', '/cards/1/2');
      await app.request('PATCH', '/cards/1/1');
      await app.channel<Card>('card').publishUpdate(1, { id: 1, version: 1, title: 'by code' });
      await app.settle();

      expect(client.heard('card')).toEqual([{ verb: 'updated', id: 1, data: { id: 1, title: 'v2' } }]);
    }
  });

  it('tells by an older version what a record has left, but not where it is, or that it has left where it is', async () => {
    const { app } = await startWith({ version: 'version', slices: ['boardId'], rememberedSlices: 0 });
    const [seven, eight] = [await app.connect(), await app.connect()];
    const cards = app.channel<Card>('card');
    await cards.watch(seven.id, { boardId: 7 });
    await cards.watch(eight.id, { boardId: 8 });

    // It moves from 7 to 8, and is renamed there.
    await cards.publishUpdate(1, { boardId: 8, version: 3, title: 'renamed' });
    await cards.publishUpdate(1, { boardId: 8, version: 2, title: 'moved' }, { previous: { boardId: 7 } });
    // It moves from 8 to 7, and back.
    await cards.publishUpdate(2, { boardId: 8, version: 3, title: 'back' }, { previous: { boardId: 7 } });
    await cards.publishUpdate(2, { boardId: 7, version: 2, title: 'away' }, { previous: { boardId: 8 } });
    await app.settle();

    expect(seven.heard('card')).toEqual([
      { verb: 'left', id: 1 },
      { verb: 'left', id: 2 },
    ]);
    expect(story(eight)).toEqual(['updated renamed', 'entered back']);
  });

  it('has a later change go where the newest version says that the record is', async () => {
    const { app } = await startWith({ version: 'version', slices: ['boardId'] });
    const [seven, eight] = [await app.connect(), await app.connect()];
    const cards = app.channel<Card>('card');
    await cards.watch(seven.id, { boardId: 7 });
    await cards.watch(eight.id, { boardId: 8 });

    await cards.publishUpdate(1, { boardId: 7, version: 3, title: 'newer' });
    await cards.publishUpdate(1, { boardId: 8, version: 2, title: 'older' });
    await cards.publishUpdate(1, { version: 4, title: 'last' });
    await app.settle();

    expect([story(seven), story(eight)]).toEqual([['updated newer', 'updated last'], []]);
  });

  it('warns once of a route whose records have no such field', async () => {
    @Controller('cards')
    @Resourceful('card', { version: 'updatedAt' })
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate()
      rename(@Param('id', ParseIntPipe) id: number) {
        return { id, title: 'x' };
      }
    }
    let logs = new Logs();
    const app = await start({ controllers: [CardsController], main: (nest) => void (logs = listenTo(nest)) });
    for (const id of [1, 2]) await app.request('PATCH', `/cards/${id}`);
    await app.channel('card').publishUpdate(3, { title: 'partial' });
    await app.settle();

    expect(logs.naming('updatedAt').warnings).toEqual([
      expect.stringMatching(
        /@PublishOnUpdate\(\) on CardsController\.rename\(\): the record has no number and no date in "updatedAt"/,
      ),
    ]);
  });

  it.each([
    [{ version: '' }, /"version" must be a field's name/],
    [{ rememberedVersions: -1 }, /"rememberedVersions" must be a whole number of records, or 0/],
  ])('refuses %j', async (card, problem) => {
    await expect(start({ imports: [SocketsModule.forRoot({ resources: { card } })] })).rejects.toThrow(problem);
  });
});
