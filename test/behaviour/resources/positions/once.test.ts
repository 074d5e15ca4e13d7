import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InvalidEmitOptionsError, OnPublication } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
import { expectRefusal } from '../../../support/refusal.js';
import { type Card, startWithCards } from './support/cards.js';
import { read, story } from './support/follow.js';

async function watching(app: TestApplication): Promise<TestClient> {
  const client = await app.connect();
  for (const resource of ['card', 'user', 'note']) await app.channel(resource).watch(client.id);
  return client;
}

describe('What is published { once }', () => {
  it('is sent once for each key and resource, with its reverse messages, and heard once in code', async () => {
    @Injectable()
    class Scribe {
      readonly messages: unknown[] = [];

      @OnPublication('card')
      hear(message: unknown): void {
        this.messages.push(message);
      }
    }
    const app = await startWithCards({}, { providers: [Scribe] });
    const client = await watching(app);
    const create = () => app.channel('card').publishCreate({ id: 10, boardId: 7, owner: 1 }, { once: 'job-1' });

    await create();
    await create();
    await app.channel('card').publishCreate({ id: 10, boardId: 7, owner: 1 }, { once: 'job-2' });
    await app.channel('note').publishCreate({ id: 10 }, { once: 'job-1' });
    await app.channel('card').publishUpdate(10, { title: 'without a key' });
    await app.channel('card').publishUpdate(10, { title: 'without a key' });
    await app.settle();

    const once = story(client).filter((line) => line.includes('created') || line.startsWith('user'));
    expect(once.toSorted()).toEqual(
      ['card created 10', 'user addedTo 1', 'card created 10', 'user addedTo 1', 'note created 10'].toSorted(),
    );
    expect(client.heard('card')).toHaveLength(4);
    expect(app.get(Scribe).messages).toHaveLength(4);
  });

  it('is told to all who have lost the record, and says nothing of where it is when it comes again', async () => {
    const app = await startWithCards();
    const [seven, eight] = [await app.connect(), await app.connect()];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');
    const cards = app.channel<Card>('card');
    const move = () => cards.publishUpdate(5, { boardId: 8, title: 'moved' }, { once: 'move-5' });

    await move();
    await cards.publishUpdate(5, { boardId: 7, title: 'back' });
    await move();
    await cards.publishUpdate(5, { title: 'last' });
    await app.settle();

    const heard = (client: TestClient) => story(client).filter((line) => line !== 'answer');
    expect(heard(seven)).toEqual(['card left 5', 'card entered 5 back', 'card updated 5 last']);
    expect(heard(eight)).toEqual(['card entered 5 moved', 'card left 5']);
  });

  it('waits for its transaction, and is not counted where that is rolled back', async () => {
    const app = await startWithCards();
    const client = await watching(app);
    const publish = () => app.channel('card').publishUpdate(5, { title: 'a' }, { once: 'job' });
    const failed = app.sockets.afterCommit(async () => {
      await publish();
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    await app.settle();
    expect(client.heard('card')).toEqual([]);

    await app.sockets.afterCommit(async () => {
      await publish();
      await publish();
    });
    await publish();
    await app.settle();
    expect(client.heard('card')).toHaveLength(1);
  });

  it('may be sent again when the journal has forgotten it, and not because there was much else', async () => {
    const clock = stopClock();
    const app = await startWithCards({ journal: { maxAge: 60_000, maxEntries: 2 } });
    const publish = () => app.channel('card').publishUpdate(5, { title: 'job' }, { once: 'job' });
    const heardAfter = async (milliseconds: number): Promise<string[]> => {
      await clock.pass(milliseconds);
      // Nobody stays connected who answers no ping in all that time.
      const client = await watching(app);
      await publish();
      await app.settle();
      return story(client);
    };
    await publish();
    for (const title of ['a', 'b', 'c', 'd']) await app.channel('card').publishUpdate(5, { title });

    expect(await heardAfter(59_000)).toEqual([]);
    expect(await heardAfter(2_000)).toEqual(['card updated 5 job']);
  });

  it.each(['', 'x'.repeat(129), 'line\nbreak', 7])('is refused for the key %j', async (once) => {
    const app = await startWithCards();
    const attempt = app.channel('card').publishUpdate(5, {}, { once: once as string });
    await expectRefusal(attempt, InvalidEmitOptionsError, 'INVALID_EMIT_OPTIONS', /once/);
  });

  it('is refused where nothing is kept, rather than sent twice', async () => {
    const app = await startWithCards({ journal: false });
    const attempt = app.channel('card').publishUpdate(5, {}, { once: 'job' });
    await expectRefusal(attempt, InvalidEmitOptionsError, 'INVALID_EMIT_OPTIONS', /journal/);
  });
});
