import { isObject } from '../../common/type-guards.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { Resource } from '../definition/resource.js';
import { InvalidRecordError } from '../resources.errors.js';
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
import type { ChannelPublisher } from './pipeline/channel-publisher.js';
import type { ChangeOptions } from './publication.js';

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
  readonly #resource: Resource;
  readonly #publisher: ChannelPublisher;

  /** @internal */
  constructor(resource: Resource, server: SocketsServer, namespaces: ResourceNamespaces, publisher: ChannelPublisher) {
    super(resource, server, namespaces);
    this.#resource = resource;
    this.#publisher = publisher;
  }

  /**
   * Publishes new records to watchers, `{ verb: 'created', id, data }`. The records that they refer to hear of it
   * first.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishCreate(records: T | readonly T[], options: PublishMoveOptions = {}): Promise<void> {
    return this.#publisher.publish('publishCreate', records, options, MOVE_OPTIONS, (change) =>
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
    return this.#publisher.publish('publishUpdate', id, options, CHANGE_OPTIONS, (change, { previous }) => {
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
    return this.#publisher.publish('publishDestroy', id, options, CHANGE_OPTIONS, (change, { previous }) => {
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
    return this.#publisher.publish('publishAdd', id, options, MOVE_OPTIONS, (change) => {
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
    return this.#publisher.publish('publishRemove', id, options, PUBLISH_OPTIONS, (change) => {
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
    return this.#publisher.publish('publishReplace', id, options, REPLACE_OPTIONS, (change, checked) => {
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
    return this.#publisher.publish('publish', ids, options, PUBLISH_OPTIONS, (change) => {
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
    return this.#publisher.publish('message', id, options, PUBLISH_OPTIONS, (change) => [
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
    return this.#publisher.publish('publishVerb', id, options, PUBLISH_OPTIONS, (change) => {
      this.#resource.assertOwnVerb(`${this.name}.publishVerb, which is for verbs of your own`, verb);
      return [{ ...change, kind: 'custom', verb, id: this.#resource.idOf(id), data }];
    });
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
    if (!noReverse) this.#publisher.warnOfUndeclared(where, value);
  }

  #assertList(method: string, value: unknown): void {
    if (Array.isArray(value)) return;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'an array of ids or records');
  }
}

function asArray<V>(value: V | readonly V[]): readonly V[] {
  return Array.isArray(value) ? value : [value as V];
}
