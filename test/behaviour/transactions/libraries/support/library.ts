import { ConflictException, Controller, HttpCode, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import type { ModuleMetadata } from '@nestjs/common';
import { expect, it } from 'vitest';
import {
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type ResourceChannel,
  type TransactionIntegration,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { Gate } from '../../../../support/gate.js';
import { messages } from '../../../../support/messages.js';
import { CardsFile } from './cards-file.js';

/** A transaction that is open. */
export interface Transaction {
  /** Gives a card a title. */
  write(id: number, title: string): Promise<unknown>;
  /** Runs work in a savepoint. */
  nested?(work: (transaction: Transaction) => Promise<void>): Promise<void>;
  /** Runs work in a transaction of another connection. */
  independent?(work: (transaction: Transaction) => Promise<void>): Promise<void>;
}

/** A library for databases, as an application uses it. */
export interface Library {
  /** What the application imports and provides. */
  metadata(cards: CardsFile): ModuleMetadata;
  /** What is among the options of SocketsModule. */
  readonly transactions?: readonly TransactionIntegration[];
  transaction(app: TestApplication, work: (transaction: Transaction) => Promise<void>): Promise<void>;
}

/** What the requests of a test do. */
interface Work {
  run(): Promise<unknown>;
}

/** An application that keeps its cards in a real database, and a client that watches them. */
export interface Cards {
  app: TestApplication;
  file: CardsFile;
  channel: ResourceChannel<{ id: number; title: string }>;
  client: TestClient;
  work: Work;
}

export async function startCards(library: Pick<Library, 'metadata' | 'transactions'>): Promise<Cards> {
  const work: Work = { run: () => Promise.resolve() };

  @Controller('cards')
  @Resourceful('card')
  class CardsController {
    @Patch(':id')
    @PublishOnUpdate()
    async rename(@Param('id', ParseIntPipe) id: number) {
      await work.run();
      return { id, title: 'of the route' };
    }

    @Post('work')
    @HttpCode(202)
    async work(): Promise<void> {
      await work.run();
    }
  }

  const file = new CardsFile();
  const { imports = [], ...metadata } = library.metadata(file);
  const { transactions = [] } = library;
  const app = await start({
    ...metadata,
    imports: [SocketsModule.forRoot({ transactions }), ...imports],
    controllers: [CardsController],
  });
  const client = await app.connect();
  const channel = app.channel<{ id: number; title: string }>('card');
  await channel.watch(client.id);
  return { app, file, channel, client, work };
}

/** What a watcher receives when a card gets a title. */
export const renamed = (title: string, id = 1): [string, unknown] => ['card', { verb: 'updated', id, data: { title } }];

/** Fails the transaction, and the request that it belongs to with 409. */
export const conflict = (): never => {
  throw new ConflictException();
};

/** The part of the behaviour that does not depend on the library. */
export function holdsUntilCommitted(library: Library): void {
  it('tells it after the commit, and not before', async () => {
    const { app, file, channel, client } = await startCards(library);
    const found: unknown[] = [];
    client.socket.on('card', () => found.push(file.title(1)));

    await library.transaction(app, async (transaction) => {
      await transaction.write(1, 'new');
      await channel.publishUpdate(1, { title: 'new' });
      await app.settle();
      expect(messages(client)).toEqual([]);
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
    expect(found).toEqual(['new']);
  });

  it('tells nothing of a transaction that fails, and the request is answered with its error', async () => {
    const { app, file, channel, client, work } = await startCards(library);
    work.run = () =>
      library.transaction(app, async (transaction) => {
        await transaction.write(1, 'new');
        await channel.publishUpdate(1, { title: 'new' });
        conflict();
      });

    const { status } = await app.request('POST', '/cards/work');

    await app.settle();
    expect(status).toBe(409);
    expect(messages(client)).toEqual([]);
    expect(file.title(1)).toBe('old');
  });

  it('holds broadcasts, too, and keeps the order of the calls', async () => {
    const { app, channel, client } = await startCards(library);
    await app.sockets.join(client.id, 'lobby');

    await library.transaction(app, async (transaction) => {
      await transaction.write(1, 'new');
      void app.sockets.broadcast('lobby', 'renaming', 1);
      void channel.publishUpdate(1, { title: 'new' });
      void app.sockets.blast('renamed', 1);
      await app.settle();
      expect(messages(client)).toEqual([]);
    });

    await app.settle();
    expect(messages(client)).toEqual([['renaming', 1], renamed('new'), ['renamed', 1]]);
  });

  it('tells what a route publishes, and what was published in the transaction within it', async () => {
    const { app, file, channel, client, work } = await startCards(library);
    work.run = () =>
      library.transaction(app, async (transaction) => {
        await transaction.write(1, 'of the service');
        await channel.publishUpdate(1, { title: 'of the service' });
        await app.settle();
        expect(messages(client)).toEqual([]);
      });

    const { status } = await app.request('PATCH', '/cards/1');

    await app.settle();
    expect(status).toBe(200);
    expect(messages(client)).toEqual([
      renamed('of the service'),
      ['card', { verb: 'updated', id: 1, data: { id: 1, title: 'of the route' } }],
    ]);
    expect(file.title(1)).toBe('of the service');
  });

  it('tells neither if the transaction within the route fails', async () => {
    const { app, channel, client, work } = await startCards(library);
    work.run = () =>
      library.transaction(app, async (transaction) => {
        await transaction.write(1, 'of the service');
        await channel.publishUpdate(1, { title: 'of the service' });
        conflict();
      });

    const { status } = await app.request('PATCH', '/cards/1');

    await app.settle();
    expect(status).toBe(409);
    expect(messages(client)).toEqual([]);
  });

  it('holds it when the transaction outlives the response', async () => {
    const { app, file, channel, client, work } = await startCards(library);
    const answered = new Gate();
    let transaction: Promise<void> | undefined;
    work.run = async () => {
      transaction = library.transaction(app, async ({ write }) => {
        await write(1, 'new');
        await answered.opened;
        await channel.publishUpdate(1, { title: 'new' });
        await app.settle();
        expect(messages(client)).toEqual([]);
      });
    };

    const { status } = await app.request('POST', '/cards/work');
    answered.open();
    await transaction;

    await app.settle();
    expect(status).toBe(202);
    expect(messages(client)).toEqual([renamed('new')]);
    expect(file.title(1)).toBe('new');
  });
}

/** For libraries that have savepoints. */
export function holdsSavepoints(library: Library): void {
  it('drops what was published in a savepoint that is rolled back, and nothing else', async () => {
    const { app, file, channel, client } = await startCards(library);

    await library.transaction(app, async (transaction) => {
      await transaction.write(1, 'before');
      await channel.publishUpdate(1, { title: 'before' });
      const savepoint = transaction.nested?.(async (inner) => {
        await inner.write(2, 'within');
        await channel.publishUpdate(2, { title: 'within' });
        conflict();
      });
      await expect(savepoint).rejects.toThrow(ConflictException);
      await channel.publishUpdate(1, { title: 'after' });
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('before'), renamed('after')]);
    expect([file.title(1), file.title(2)]).toEqual(['before', 'old']);
  });

  it('tells of a savepoint only when the transaction around it commits', async () => {
    const { app, file, channel, client } = await startCards(library);
    const found: unknown[] = [];
    client.socket.on('card', () => found.push(file.title(2)));

    await library.transaction(app, async (transaction) => {
      await transaction.nested?.(async (inner) => {
        await inner.write(2, 'within');
        await channel.publishUpdate(2, { title: 'within' });
      });
      await app.settle();
      expect(messages(client)).toEqual([]);
      await transaction.write(1, 'after');
      await channel.publishUpdate(1, { title: 'after' });
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('within', 2), renamed('after')]);
    expect(found).toEqual(['within', 'within']);
  });

  it('drops a savepoint along with the transaction around it', async () => {
    const { app, file, channel, client } = await startCards(library);

    const transaction = library.transaction(app, async (outer) => {
      await outer.nested?.(async (inner) => {
        await inner.write(2, 'within');
        await channel.publishUpdate(2, { title: 'within' });
      });
      conflict();
    });

    await expect(transaction).rejects.toThrow(ConflictException);
    await app.settle();
    expect(messages(client)).toEqual([]);
    expect(file.title(2)).toBe('old');
  });
}

/** For libraries that can use another connection within a transaction. */
export function holdsIndependently(library: Library): void {
  it('tells what an independent transaction has committed, although the one around it fails', async () => {
    const { app, file, channel, client } = await startCards(library);

    const transaction = library.transaction(app, async (outer) => {
      await channel.publishUpdate(1, { title: 'outer' });
      await outer.independent?.(async (inner) => {
        await inner.write(2, 'inner');
        await channel.publishUpdate(2, { title: 'inner' });
        await app.settle();
        expect(messages(client)).toEqual([]);
      });
      await app.settle();
      expect(messages(client)).toEqual([renamed('inner', 2)]);
      conflict();
    });

    await expect(transaction).rejects.toThrow(ConflictException);
    await app.settle();
    expect(messages(client)).toEqual([renamed('inner', 2)]);
    expect(file.title(2)).toBe('inner');
  });
}
