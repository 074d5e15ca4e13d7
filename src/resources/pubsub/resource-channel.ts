import { readOptions } from '../../common/option-rules.js';
import { isObject } from '../../common/type-guards.js';
import { fireAndForget, thenSync, withTimeout } from '../../common/promises.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { currentMutation } from '../../common/requester-context.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { OutboxConnection } from '../../server/cluster/journal/journal.js';
import type { Hold, PublishingScope } from '../../transactions/hold.js';
import type { Transactions } from '../../transactions/transactions.js';
import type { RememberedKey } from '../definition/keys/record-keys.js';
import type { Resource } from '../definition/resource.js';
import { InvalidRecordError, OutboxError, UnknownRecordKeyError } from '../resources.errors.js';
import type { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import { type IdOrRecord, idsIn, ResourceSubscriptions } from '../subscriptions/resource-subscriptions.js';
import {
  CHANGE_OPTIONS,
  type ChildOrId,
  MOVE_OPTIONS,
  PUBLISH_OPTIONS,
  type PublishChangeOptions,
  type PublishMoveOptions,
  type PublishOptions,
  type PublishReplaceOptions,
  REPLACE_OPTIONS,
} from './channel.options.js';
import type { Change, ChangeOptions, Publication } from './publication.js';
import type { PublicationPipeline, ReadPublications } from './publication-pipeline.js';

/** Runs calls in order. A call runs synchronously unless it, or an earlier one, is still waiting. */
class CallOrder {
  private last: Promise<unknown> | undefined;

  run<T>(value: T | Promise<T>, call: (value: T) => void | Promise<void>): void | Promise<void> {
    const isFree = !this.last && !(value instanceof Promise);
    const turn = isFree ? call(value) : Promise.resolve(this.last).then(async () => call(await value));
    if (!turn) return;
    const over = turn.catch(() => undefined);
    this.last = over;
    void over.then(() => {
      if (this.last === over) this.last = undefined;
    });
    return turn;
  }
}

interface Composed {
  composed: readonly Publication[] | Promise<readonly Publication[]>;
  /** The rooms of sockets that hear none of it. */
  omitted: string[] | Promise<string[]>;
  /** The keys by which code has named the records, in a transaction. */
  keys: readonly RememberedKey[];
}

interface Ready {
  publications: ReadPublications;
  omitted: readonly string[];
}

const NO_OUTBOX =
  'needs a table in the database of the transaction. Join the servers by postgres({ pool, outbox: true }), or leave ' +
  'out the option: then what is published waits for the commit in the memory of this process.';
const NO_TRANSACTION =
  'is given where no transaction is known, so nobody would say when it has committed. Run the transaction in ' +
  'SocketsService.afterCommit(), name the library in SocketsModule.forRoot({ transactions }), or give the option ' +
  '"transaction", too.';
const NOT_THERE =
  'names a connection to another database, schema or cluster than that of postgres({ pool, prefix, schema }), where ' +
  'the outbox is. Nothing was written there. Give a connection to that database, or leave out the option.';

/** The answers by which Postgres says that it has no such function or schema, or that this is not the right one. */
const GONE: ReadonlySet<unknown> = new Set(['3F000', '42883', '42P01']);

/** How long, in milliseconds, a view may take; later publications wait no longer than that. */
const VIEW_TIMEOUT = 5_000;

/**
 * One resource, for code: subscribes sockets to its records, and publishes to them. Made by
 * `ResourcefulPubSub.of('user')` or injected by `@InjectResource('user')`.
 *
 * All methods return promises that need not be awaited: calls take effect in their order. The exception is a call about
 * a request whose socket is on another server, which has to be asked first: await that one. Bad arguments reject with a
 * typed error before anything is sent, and the error is logged, too.
 *
 * In a transaction that is known, by the module's option `transactions`, by `SocketsService.afterCommit()` or by the
 * option `transaction`, what is published waits for the commit, and nobody is told if it is rolled back. The promise of
 * such a call does not wait for it.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectResource, type ResourceChannel } from 'nestjs-sockets';
 *
 * interface User {
 *   id: number;
 *   name: string;
 * }
 *
 * @Injectable()
 * export class NightlyImport {
 *   constructor(@InjectResource('user') private readonly users: ResourceChannel<User>) {}
 *
 *   async run() {
 *     await this.users.publishCreate({ id: 1, name: 'ada' });
 *     await this.users.publishUpdate(1, { name: 'grace' });
 *   }
 * }
 * ```
 */
export class ResourceChannel<T = Record<string, unknown>> extends ResourceSubscriptions<T> {
  readonly #order = new CallOrder();
  readonly #resource: Resource;
  readonly #pipeline: PublicationPipeline;
  readonly #transactions: Transactions;

  /** @internal */
  constructor(
    resource: Resource,
    server: SocketsServer,
    namespaces: ResourceNamespaces,
    pipeline: PublicationPipeline,
    transactions: Transactions,
  ) {
    super(resource, server, namespaces);
    this.#resource = resource;
    this.#pipeline = pipeline;
    this.#transactions = transactions;
  }

  /**
   * Publishes new records to watchers, `{ verb: 'created', id, data }`. The records that they refer to hear of it
   * first.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishCreate(records: T | readonly T[], options: PublishMoveOptions = {}): Promise<void> {
    return this.#publishChanges('publishCreate', records, options, MOVE_OPTIONS, (change) =>
      asArray(records).map((given) => {
        const record = this.#assertRecord('publishCreate', given);
        return { ...change, kind: 'created', id: this.#idOfPublished(record), data: record, record };
      }),
    );
  }

  /**
   * Publishes that a record changed, `{ verb: 'updated', id, data, previous? }`. With `previous`, the records that it
   * refers to now, or no longer, hear of it first.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishUpdate(id: IdOrRecord<T>, changes: Partial<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    return this.#publishChanges('publishUpdate', id, options, CHANGE_OPTIONS, (change, { previous }) => {
      const record = this.#assertRecord('publishUpdate', changes);
      const was = this.#readPrevious('publishUpdate', previous);
      const recordId = this.#idOfPublished(id, record, was);
      const { resource, options: given } = change;
      // One literal, since every update by code passes here.
      return [
        {
          resource,
          options: given,
          kind: 'updated',
          id: recordId,
          data: record,
          record,
          previous: was,
          shownPrevious: was,
        },
      ];
    });
  }

  /**
   * Publishes that a record is gone, `{ verb: 'destroyed', id, previous? }`, and ends all subscriptions to it, on every
   * server. With `previous`, the records that it referred to hear of it afterwards.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishDestroy(id: IdOrRecord<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    return this.#publishChanges('publishDestroy', id, options, CHANGE_OPTIONS, (change, { previous }) => {
      const was = this.#readPrevious('publishDestroy', previous);
      const recordId = this.#idOfPublished(id, was);
      return [{ ...change, kind: 'destroyed', id: recordId, previous: was, shownPrevious: was }];
    });
  }

  /**
   * Publishes that a record was put into a collection of another, `{ verb: 'addedTo', id, attribute, addedId, added?
   * }`; with `added` if the record itself is given.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishAdd(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: ChildOrId,
    options: PublishMoveOptions = {},
  ): Promise<void> {
    return this.#publishChanges('publishAdd', id, options, MOVE_OPTIONS, (change) => {
      this.#assertAttribute('publishAdd', attribute, change.options);
      const added = typeof child === 'object' ? child : undefined;
      return [{ ...change, kind: 'addedTo', id: this.#resource.idOf(id), attribute, child, added }];
    });
  }

  /**
   * Publishes that a record was taken out of a collection of another, `{ verb: 'removedFrom', id, attribute, removedId
   * }`.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, InvalidEmitOptionsError
   */
  publishRemove(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: ChildOrId,
    options: PublishOptions = {},
  ): Promise<void> {
    return this.#publishChanges('publishRemove', id, options, PUBLISH_OPTIONS, (change) => {
      this.#assertAttribute('publishRemove', attribute, change.options);
      return [{ ...change, kind: 'removedFrom', id: this.#resource.idOf(id), attribute, child }];
    });
  }

  /**
   * Publishes that a collection was replaced: `addedTo` for each record that is new in it, `removedFrom` for each that
   * is no longer in it.
   *
   * @param children what the collection holds now
   * @param options `previous`: what it held before (nothing, if absent)
   * @throws InvalidRecordError, InvalidRecordIdError, InvalidEmitOptionsError
   */
  publishReplace(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    children: readonly ChildOrId[],
    options: PublishReplaceOptions = {},
  ): Promise<void> {
    return this.#publishChanges('publishReplace', id, options, REPLACE_OPTIONS, (change, checked) => {
      this.#assertAttribute('publishReplace', attribute, change.options);
      const recordId = this.#resource.idOf(id);
      // null is what a look-up returns that found nothing.
      const previous = checked.previous ?? [];
      for (const list of [children, previous]) this.#assertList('publishReplace', list);
      return [{ ...change, kind: 'replaced', id: recordId, attribute, children, previous }];
    });
  }

  /**
   * Sends data as it is, without an envelope, to everybody who hears of any of these records; once to each. Nothing in
   * it says which record it is about. Sockets that subscribed to some verbs only do not hear it, since it has no verb.
   *
   * @throws InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publish(ids: IdOrRecord<T> | readonly IdOrRecord<T>[], data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.#publishChanges('publish', ids, options, PUBLISH_OPTIONS, (change) => {
      const recordIds = idsIn(this.#resource, ids);
      return recordIds.length === 0 ? [] : [{ ...change, kind: 'raw', ids: recordIds, data }];
    });
  }

  /**
   * Sends a message about a record that did not change, `{ verb: 'messaged', id, data }`.
   *
   * @throws InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  message(id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.#publishChanges('message', id, options, PUBLISH_OPTIONS, (change) => [
      { ...change, kind: 'custom', verb: 'messaged', id: this.#resource.idOf(id), data },
    ]);
  }

  /**
   * Publishes a verb of the application's own, `{ verb, id, data }`. The verbs that every resource has are published by
   * the methods above.
   *
   * @throws InvalidRecordIdError, UnknownVerbError, NotSerializableError, InvalidEmitOptionsError
   */
  publishVerb(verb: string, id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.#publishChanges('publishVerb', id, options, PUBLISH_OPTIONS, (change) => {
      this.#resource.assertOwnVerb(`${this.name}.publishVerb, which is for verbs of your own`, verb);
      return [{ ...change, kind: 'custom', verb, id: this.#resource.idOf(id), data }];
    });
  }

  /** @param named what the caller has named the records by */
  #publishChanges<Options extends PublishOptions>(
    method: string,
    named: unknown,
    given: Options,
    rules: Parameters<typeof readOptions<Options>>[2],
    read: (change: { resource: Resource; options: ChangeOptions }, options: Options) => Change[],
  ): Promise<void> {
    const by = `${this.name}.${method}`;
    const failed = (error: unknown): never => {
      this.#pipeline.counters.failed++;
      throw error;
    };
    return fireAndForget(() => {
      try {
        const options = readOptions<Options>(by, given, rules);
        const scope = this.#transactions.scopeOf(by, options, Object.keys(rules));
        const connection = options.outbox && this.#assertOutbox(by, options.outbox, scope);
        const mutation = options.mutation ?? currentMutation();
        const changes = read({ resource: this.#resource, options: { ...options, mutation, by } }, options);
        if (scope.isSilent) return this.#follow(by, changes, scope)?.catch(failed);
        const omitted = options.except === undefined ? [] : this.#pipeline.findOmitted(by, options.except);
        const keys = scope.hold ? this.#rememberedKeys(named, changes) : [];
        const composed: Composed = { composed: this.#pipeline.compose(changes), omitted, keys };
        return this.#publishInOrder(by, composed, scope, connection)?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    });
  }

  /** Reads as much as possible synchronously, so that the caller may go on changing it even if sending has to wait. */
  #publishInOrder(
    by: string,
    { composed, omitted, keys }: Composed,
    { hold }: PublishingScope,
    connection?: OutboxConnection,
  ): void | Promise<void> {
    const ready = this.#makeReady(by, composed, omitted);
    // It may fail before its turn comes.
    if (ready instanceof Promise) ready.catch(() => undefined);
    if (!hold) return this.#order.run(ready, (one) => this.#pipeline.send(one.publications, one.omitted));

    this.#pipeline.assertCanSend();
    if (connection) return this.#writeHeld(by, ready, hold, connection);
    hold.add(by, () => this.#sendHeld(ready, keys, (one) => this.#pipeline.send(one.publications, one.omitted)));
    // Whoever awaits it is inside the transaction, which must not wait for its own end.
    return thenSync(ready, () => undefined);
  }

  #makeReady(by: string, composed: Composed['composed'], omitted: Composed['omitted']): Ready | Promise<Ready> {
    if (!(composed instanceof Promise)) {
      const publications = this.#pipeline.read(composed);
      return thenSync(omitted, (rooms) => ({ publications, omitted: rooms }));
    }
    return Promise.all([withTimeout(VIEW_TIMEOUT, `${by}: the view`, composed), omitted]).then(([shown, rooms]) => ({
      publications: this.#pipeline.read(shown),
      omitted: rooms,
    }));
  }

  /** Writes by the connection at once, and sends what was written once the transaction has committed. */
  #writeHeld(by: string, ready: Ready | Promise<Ready>, hold: Hold, connection: OutboxConnection): Promise<void> {
    const written = (async () => {
      // Not a turn later where nothing has to be awaited: the next statement on the connection may be the commit.
      const { publications, omitted } = ready instanceof Promise ? await ready : ready;
      try {
        return { placed: await this.#pipeline.write(publications, omitted, connection, hold.outermost), omitted };
      } catch (error) {
        throw isOutboxGone(error) ? new OutboxError(by, NOT_THERE, error) : error;
      }
    })();
    const send = (): void | Promise<void> =>
      // Whatever a key leads to by now, the row is told: by this server, or by another.
      this.#sendHeld(written, [], ({ placed, omitted }) => {
        return placed && this.#pipeline.sendWritten(placed, omitted, hold.outermost);
      });
    const forget = ({ placed }: Awaited<typeof written>): void => {
      if (placed) this.#pipeline.forgetWritten(placed, hold.outermost);
    };
    hold.add(by, send, () => void written.then(forget, () => undefined));
    return written.then(() => undefined);
  }

  #sendHeld<R>(
    ready: R | Promise<R>,
    keys: readonly RememberedKey[],
    sendOne: (one: R) => void | Promise<void>,
  ): void | Promise<void> {
    const send = (one: R | undefined): void | Promise<void> => {
      try {
        for (const key of keys) this.#assertNotMoved(key);
        if (one) return sendOne(one);
      } catch (error) {
        this.#pipeline.counters.failed++;
        throw error;
      }
    };
    // The call itself has rejected already with what prevents it from being sent.
    return this.#order.run<R | undefined>(ready instanceof Promise ? ready.catch(() => undefined) : ready, send);
  }

  /** Remembers where the records are, once the transaction has committed, and tells nobody of the change. */
  #follow(by: string, changes: readonly Change[], { hold }: PublishingScope): void | Promise<void> {
    const publications = this.#pipeline.readUnseen(this.#pipeline.composeUnseen(changes));
    // What an earlier call waits to send would otherwise be remembered as what came later.
    const follow = (): void | Promise<void> => this.#order.run(publications, (read) => this.#pipeline.follow(read));
    if (!hold) return follow();
    hold.add(by, follow);
  }

  /** Returns the keys among what records were named by that nothing but memory has led to them. */
  #rememberedKeys(named: unknown, changes: readonly Change[]): RememberedKey[] {
    const ids = changes.flatMap((change) => ('ids' in change ? change.ids : [change.id]));
    return asArray(named)
      .map((one) => this.#resource.keys.remembered(one))
      .filter((key) => key !== undefined)
      .filter(({ id }) => ids.some((other) => this.#resource.ids.isSame(id, other)));
  }

  /** Checks that a transaction has not given a key to another record than the one that it led to before. */
  #assertNotMoved(key: RememberedKey): void {
    if (!this.#resource.keys.hasMoved(key)) return;
    const problem = 'once the transaction had committed, it was that of another record';
    throw new UnknownRecordKeyError(this.name, key.key, problem);
  }

  #assertOutbox(by: string, connection: OutboxConnection, { hold, isSilent }: PublishingScope): OutboxConnection {
    if (!this.#pipeline.hasOutbox) throw new OutboxError(by, NO_OUTBOX);
    if (!hold && !isSilent) throw new OutboxError(by, NO_TRANSACTION);
    return connection;
  }

  #readPrevious(method: string, previous: Partial<T> | null | undefined): object | undefined {
    // null is what a look-up returns that found nothing.
    if (previous === undefined || previous === null) return undefined;
    return this.#assertRecord(`${method}, option "previous"`, previous);
  }

  /**
   * Returns the id of what is published, and learns from records which form ids have.
   *
   * @param known what else is known of the same record: its changes, the record as it was
   */
  #idOfPublished(idOrRecord: unknown, ...known: Array<object | undefined>): RecordId {
    for (const record of [idOrRecord, ...known]) {
      if (isObject(record)) this.#resource.learnIds(record, 'publication');
    }
    return this.#resource.keys.findIn(known, idOrRecord) ?? this.#resource.idOf(idOrRecord);
  }

  #assertRecord(method: string, value: unknown): object {
    if (isObject(value)) return value;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'an object with fields of a record');
  }

  #assertAttribute(method: string, value: unknown, { noReverse }: ChangeOptions): void {
    const where = `${this.name}.${method}`;
    if (typeof value !== 'string' || value === '')
      throw new InvalidRecordError(where, value, 'the name of a collection of the record');
    if (!noReverse) this.#pipeline.warnOfUndeclared(where, this.#resource, value);
  }

  #assertList(method: string, value: unknown): void {
    if (Array.isArray(value)) return;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'an array of ids or records');
  }
}

function isOutboxGone(error: unknown): boolean {
  return GONE.has((error as { code?: unknown } | null)?.code);
}

function asArray<V>(value: V | readonly V[]): readonly V[] {
  return Array.isArray(value) ? value : [value as V];
}
