import { Injectable } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionsError,
  SocketsModule,
  type TransactionHold,
  type TransactionHolds,
  type TransactionIntegration,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { Gate } from '../../support/gate.js';
import { Logs } from '../../support/logs.js';
import { Rollback, told, watchedCards } from './support/cards.js';

/** A library with transactions, which its integration can watch. */
@Injectable()
class Library {
  around: ((work: () => Promise<unknown>) => Promise<unknown>) | undefined;

  transaction(work: () => Promise<unknown>): Promise<unknown> {
    return this.around ? this.around(work) : work();
  }
}

class LibraryIntegration implements TransactionIntegration {
  readonly name = 'library()';
  readonly steps: string[] = [];
  readonly known = new Map<unknown, TransactionHold>();
  holds: TransactionHolds | undefined;

  connect(holds: TransactionHolds, providers: ModuleRef): () => void {
    this.steps.push('connect');
    this.holds = holds;
    const library = providers.get(Library, { strict: false });
    library.around = async (work) => {
      const hold = holds.open();
      try {
        const result = await hold.run(work);
        hold.commit();
        return result;
      } catch (error) {
        hold.rollback();
        throw error;
      }
    };
    return () => {
      this.steps.push('disconnect');
      library.around = undefined;
    };
  }

  find(transaction: unknown): TransactionHold | undefined {
    return this.known.get(transaction);
  }
}

describe('An integration of a database library', () => {
  it('has what is published in the library’s transactions wait', async () => {
    const integration = new LibraryIntegration();
    const { app, cards, client } = await watchedCards({ transactions: [integration] }, { providers: [Library] });
    const library = app.get(Library);

    await library.transaction(async () => {
      await cards.publishCreate({ id: 1 });
      await app.settle();
      expect(told(client)).toEqual([]);
    });
    const failing = library.transaction(async () => {
      await cards.publishCreate({ id: 2 });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual(['created 1']);
  });

  it('is connected before anything starts up, and disconnected after everything has shut down', async () => {
    const integration = new LibraryIntegration();
    const { steps } = integration;

    @Injectable()
    class Host {
      onModuleInit = () => void steps.push('onModuleInit');
      beforeApplicationShutdown = () => void steps.push('beforeApplicationShutdown');
    }
    const app = await start({
      imports: [SocketsModule.forRoot({ transactions: [integration] })],
      providers: [Library, Host],
    });
    await app.nest.close();

    expect(steps).toEqual(['connect', 'onModuleInit', 'beforeApplicationShutdown', 'disconnect']);
  });

  it('fails the boot if it cannot be connected, and those before it are disconnected', async () => {
    const integration = new LibraryIntegration();
    const broken: TransactionIntegration = {
      name: 'broken()',
      connect: () => {
        throw new Error('broken() finds no database. Import its module.');
      },
    };
    const boot = start({
      imports: [SocketsModule.forRoot({ transactions: [integration, broken] })],
      providers: [Library],
    });

    await expect(boot).rejects.toThrow('broken() finds no database');
    expect(integration.steps).toEqual(['connect', 'disconnect']);
  });

  it('finds the hold of a transaction that is given to a publishing method', async () => {
    const integration = new LibraryIntegration();
    const { app, cards, client } = await watchedCards({ transactions: [integration] }, { providers: [Library] });
    const transaction = {};
    const hold = integration.holds?.open();
    if (hold) integration.known.set(transaction, hold);

    await cards.publishCreate({ id: 1 }, { transaction });
    await app.sockets.blast('hello', {}, { transaction });
    await app.settle();
    expect(told(client)).toEqual([]);

    hold?.commit();
    await app.settle();
    expect(told(client)).toEqual(['created 1', 'hello']);
  });

  it('may report that a transaction begins again, though work of the earlier attempt goes on', async () => {
    const integration = new LibraryIntegration();
    const { app, cards, client } = await watchedCards({ transactions: [integration] }, { providers: [Library] });
    const restarted = new Gate();
    const hold = integration.holds?.open();
    if (hold) integration.known.set(hold, hold);

    await cards.publishCreate({ id: 1 }, { transaction: hold });
    const leftOver = hold?.run(async () => {
      await cards.publishCreate({ id: 2 });
      await restarted.opened;
      await cards.publishCreate({ id: 3 });
    });
    hold?.restart();
    await hold?.run(() => cards.publishCreate({ id: 4 }));
    await cards.publishCreate({ id: 5 }, { transaction: hold });
    restarted.open();
    await leftOver;
    hold?.commit();
    await app.settle();

    expect(told(client)).toEqual(['created 4', 'created 5']);
  });

  it('may report an end twice: only the first one counts', async () => {
    const integration = new LibraryIntegration();
    const { app, cards, client } = await watchedCards({ transactions: [integration] }, { providers: [Library] });
    const ends: Array<keyof TransactionHold> = ['commit', 'rollback', 'restart', 'commit'];

    const hold = integration.holds?.open();
    await hold?.run(() => cards.publishCreate({ id: 1 }));
    for (const end of ends) (hold?.[end] as (() => void) | undefined)?.call(hold);
    const other = integration.holds?.open();
    await other?.run(() => cards.publishCreate({ id: 2 }));
    for (const end of ends.toReversed().slice(2)) (other?.[end] as (() => void) | undefined)?.call(other);
    await app.settle();

    expect(told(client)).toEqual(['created 1']);
  });

  it('never hears of what fails while what was held is sent; the log does, and the rest is sent', async () => {
    const logs = new Logs();
    const integration = new LibraryIntegration();
    const { app, cards, client } = await watchedCards(
      { transactions: [integration] },
      { providers: [Library], main: logs.open },
    );
    const { adapter } = app.sockets.server.of('/');
    const broadcast = adapter.broadcast.bind(adapter);
    adapter.broadcast = (packet: { data: unknown[] }, options) => {
      if (packet.data[0] === 'hello') throw new Error('the adapter is broken');
      broadcast(packet, options);
    };

    await app.get(Library).transaction(async () => {
      await cards.publishCreate({ id: 1 });
      await app.sockets.blast('hello', {});
      await cards.publishCreate({ id: 2 });
    });
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 2']);
    expect(logs.naming('the adapter is broken').errors).toHaveLength(1);
    expect(logs.naming('the adapter is broken').errors[0]).toContain('the transaction has committed');
  });

  it.each([
    ['a list of something else', [1]],
    ['something without a name', [{ connect: () => undefined }]],
    ['the function instead of what it returns', [() => new LibraryIntegration()]],
    ['an integration that is not in a list', new LibraryIntegration()],
    ['true', true],
  ])('is refused at boot if it is %s', (_what, transactions) => {
    const boot = start({ imports: [SocketsModule.forRoot({ transactions: transactions as never })] });
    return expect(boot).rejects.toThrow(InvalidOptionsError);
  });
});
