import { floating } from '../sockets/floating.js';
import type { SocketsServer } from '../sockets/sockets-server.js';
import type { PublicationComposer } from './publication-composer.js';
import type { PublishChangeOptions, PublishMoveOptions, PublishOptions } from './publish.options.js';
import type { Publication, Publisher } from './publisher.js';
import type { ResourceNamespaces } from './resource-namespaces.js';
import { ResourceSubscriptions, type IdOrRecord } from './resource-subscriptions.js';
import type { Resource } from './resource.js';

/**
 * One resource, for code: who hears of its records, and what they hear. Made by `ResourcefulPubSub.of('user')` or injected by `@InjectResource('user')`.
 *
 * All methods return promises, and none has to be awaited: what is published or moved is so in the order of the calls. Bad arguments reject with a typed
 * error before anything is sent; left floating, the rejection is logged.
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
  /** @internal */
  constructor(
    resource: Resource,
    server: SocketsServer,
    namespaces: ResourceNamespaces,
    private readonly publisher: Publisher,
    private readonly composer: PublicationComposer,
  ) {
    super(resource, server, namespaces);
  }

  /**
   * Tells watchers of new records, `{ verb: 'created', id, data }`, and before that the records they refer to.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publishCreate(records: T | readonly T[], options: PublishMoveOptions = {}): Promise<void> {
    return this.publishAll(() => {
      return asArray(records).flatMap((record) => {
        const id = this.resource.idOf(record);
        return this.composer.created(this.resource, { id, data: record, record: record as object }, options);
      });
    });
  }

  /**
   * Tells that a record changed, `{ verb: 'updated', id, data, previous? }`. With `previous` the records that it refers to now, or no longer, hear of it
   * first.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publishUpdate(id: IdOrRecord<T>, changes: Partial<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    const { previous } = options;
    return this.publishAll(() => {
      const change = { id: this.resource.idOf(id), data: changes, record: changes, previous, shownPrevious: previous };
      return this.composer.updated(this.resource, change, options);
    });
  }

  /**
   * Tells that a record is gone, `{ verb: 'destroyed', id, previous? }`, and ends all subscriptions to it, on every server. With `previous` the
   * records that it referred to hear of it afterwards.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publishDestroy(id: IdOrRecord<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    const { previous } = options;
    return this.publishAll(() =>
      this.composer.destroyed(
        this.resource,
        { id: this.resource.idOf(id), previous, shownPrevious: previous },
        options,
      ),
    );
  }

  /**
   * Tells that a record was put into a collection of another, `{ verb: 'addedTo', id, attribute, addedId, added? }`; `added` if the record itself is
   * given.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publishAdd(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: unknown,
    options: PublishMoveOptions = {},
  ): Promise<void> {
    return this.publishAll(() => {
      const added = typeof child === 'object' ? child : undefined;
      return this.composer.added(this.resource, { id: this.resource.idOf(id), attribute, child, added }, options);
    });
  }

  /**
   * Tells that a record was taken out of a collection of another, `{ verb: 'removedFrom', id, attribute, removedId }`.
   *
   * @throws InvalidRecordIdError
   */
  publishRemove(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: unknown,
    options: PublishOptions = {},
  ): Promise<void> {
    return this.publishAll(() =>
      this.composer.removed(this.resource, { id: this.resource.idOf(id), attribute, child }, options),
    );
  }

  /**
   * Tells that a collection was replaced: `addedTo` for each record that is new in it, `removedFrom` for each that no longer is.
   *
   * @param children what the collection holds now
   * @param options `previous`: what it held before (nothing, if absent)
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publishReplace(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    children: readonly unknown[],
    { previous = [], ...options }: PublishMoveOptions & { previous?: readonly unknown[] } = {},
  ): Promise<void> {
    return this.publishAll(() =>
      this.composer.replaced(this.resource, { id: this.resource.idOf(id), attribute, children, previous }, options),
    );
  }

  /**
   * Sends data as it is, without an envelope, to everybody who hears of any of these records; once to each. Nothing in it says which
   * record it is about.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  publish(ids: IdOrRecord<T> | readonly IdOrRecord<T>[], data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll(() => {
      const recordIds = this.idsOf(ids);
      return recordIds.length === 0 ? [] : [this.composer.raw(this.resource, recordIds, data, options)];
    });
  }

  /**
   * Says something about a record that did not change, `{ verb: 'messaged', id, data }`.
   *
   * @throws InvalidRecordIdError, NotSerializableError
   */
  message(id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll(() => [
      this.composer.own(this.resource, { verb: 'messaged', id: this.resource.idOf(id), data }, options),
    ]);
  }

  /**
   * Tells that something of the application's own kind happened to a record, `{ verb, id, data }`.
   *
   * @throws InvalidRecordIdError, UnknownVerbError, NotSerializableError
   */
  publishVerb(verb: string, id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll(() => {
      this.resource.assertVerbs(`${this.name}.publishVerb`, [verb]);
      return [this.composer.own(this.resource, { verb, id: this.resource.idOf(id), data }, options)];
    });
  }

  private publishAll(compose: () => Publication[]): Promise<void> {
    const outcome = floating(() => this.publisher.publishAll(compose()));
    outcome.catch(() => this.publisher.counters.failed++);
    return outcome;
  }
}

function asArray<V>(value: V | readonly V[]): readonly V[] {
  return Array.isArray(value) ? value : [value as V];
}
