import { readOptions } from '../../common/option-rules.js';
import { fireAndForget, withTimeout } from '../../common/promises.js';
import { currentMutation } from '../../common/requester-context.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { Resource } from '../definition/resource.js';
import { InvalidRecordError } from '../resources.errors.js';
import type { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import { type IdOrRecord, ResourceSubscriptions } from '../subscriptions/resource-subscriptions.js';
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
import type { Change, PublicationComposer } from './steps/publication-composer.js';
import type { PublicationViews } from './steps/publication-views.js';
import type { Publication } from './publication.js';
import type { Publisher } from './publisher.js';

/** Keeps the order of calls where now and then one has to wait for something. Who waits for nothing and for nobody goes on at once. */
class Turns {
  private last: Promise<unknown> | undefined;

  take<T>(value: T | Promise<T>, goOn: (value: T) => void): void | Promise<void> {
    if (!this.last && !(value instanceof Promise)) return goOn(value);
    const turn = Promise.resolve(this.last).then(async () => goOn(await value));
    const over = turn.catch(() => undefined);
    this.last = over;
    void over.then(() => {
      if (this.last === over) this.last = undefined;
    });
    return turn;
  }
}

/** How long, in milliseconds, a view may take; what is published after it waits for no longer than that. */
const VIEW_TIMEOUT = 5_000;

/**
 * One resource, for code: who hears of its records, and what they hear. Made by `ResourcefulPubSub.of('user')` or injected by `@InjectResource('user')`.
 *
 * All methods return promises, and none has to be awaited: what is published or moved is so in the order of the calls, unless one of them is about a request whose
 * socket is on another server, which has to be asked first: await that one. Bad arguments reject with a typed error before anything is sent, which is logged too.
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
  private readonly turns = new Turns();

  /** @internal */
  constructor(
    resource: Resource,
    server: SocketsServer,
    namespaces: ResourceNamespaces,
    private readonly publisher: Publisher,
    private readonly composer: PublicationComposer,
    private readonly views: PublicationViews,
  ) {
    super(resource, server, namespaces);
  }

  /**
   * Tells watchers of new records, `{ verb: 'created', id, data }`, and before that the records they refer to.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishCreate(records: T | readonly T[], options: PublishMoveOptions = {}): Promise<void> {
    return this.publishAll('publishCreate', options, MOVE_OPTIONS, (checked) =>
      asArray(records).flatMap((given) => {
        const record = this.assertRecord('publishCreate', given);
        return this.composer.created(this.resource, { id: this.resource.idOf(record), data: record, record }, checked);
      }),
    );
  }

  /**
   * Tells that a record changed, `{ verb: 'updated', id, data, previous? }`. With `previous` the records that it refers to now, or no longer, hear of it
   * first.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishUpdate(id: IdOrRecord<T>, changes: Partial<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    return this.publishAll('publishUpdate', options, CHANGE_OPTIONS, (checked) => {
      const record = this.assertRecord('publishUpdate', changes);
      const change = {
        id: this.resource.idOf(id),
        data: record,
        record,
        ...this.readPrevious('publishUpdate', checked),
      };
      return this.composer.updated(this.resource, change, checked);
    });
  }

  /**
   * Tells that a record is gone, `{ verb: 'destroyed', id, previous? }`, and ends all subscriptions to it, on every server. With `previous` the
   * records that it referred to hear of it afterwards.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishDestroy(id: IdOrRecord<T>, options: PublishChangeOptions<T> = {}): Promise<void> {
    return this.publishAll('publishDestroy', options, CHANGE_OPTIONS, (checked) => {
      const end = { id: this.resource.idOf(id), ...this.readPrevious('publishDestroy', checked) };
      return this.composer.destroyed(this.resource, end, checked);
    });
  }

  /**
   * Tells that a record was put into a collection of another, `{ verb: 'addedTo', id, attribute, addedId, added? }`; `added` if the record itself is
   * given.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publishAdd(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: ChildOrId,
    options: PublishMoveOptions = {},
  ): Promise<void> {
    return this.publishAll('publishAdd', options, MOVE_OPTIONS, (checked) => {
      this.assertAttribute('publishAdd', attribute);
      const added = typeof child === 'object' ? child : undefined;
      return this.composer.added(this.resource, { id: this.resource.idOf(id), attribute, child, added }, checked);
    });
  }

  /**
   * Tells that a record was taken out of a collection of another, `{ verb: 'removedFrom', id, attribute, removedId }`.
   *
   * @throws InvalidRecordError, InvalidRecordIdError, InvalidEmitOptionsError
   */
  publishRemove(
    id: IdOrRecord<T>,
    attribute: keyof T & string,
    child: ChildOrId,
    options: PublishOptions = {},
  ): Promise<void> {
    return this.publishAll('publishRemove', options, PUBLISH_OPTIONS, (checked) => {
      this.assertAttribute('publishRemove', attribute);
      return this.composer.removed(this.resource, { id: this.resource.idOf(id), attribute, child }, checked);
    });
  }

  /**
   * Tells that a collection was replaced: `addedTo` for each record that is new in it, `removedFrom` for each that no longer is.
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
    return this.publishAll('publishReplace', options, REPLACE_OPTIONS, (checked) => {
      this.assertAttribute('publishReplace', attribute);
      const collection = { id: this.resource.idOf(id), attribute, children, previous: checked.previous ?? [] };
      for (const list of [children, collection.previous]) this.assertList('publishReplace', list);
      return this.composer.replaced(this.resource, collection, checked);
    });
  }

  /**
   * Sends data as it is, without an envelope, to everybody who hears of any of these records; once to each. Nothing in it says which
   * record it is about. Who subscribed to some verbs only does not hear it, for it has none.
   *
   * @throws InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  publish(ids: IdOrRecord<T> | readonly IdOrRecord<T>[], data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll('publish', options, PUBLISH_OPTIONS, (checked) => {
      const recordIds = this.idsOf(ids);
      return recordIds.length === 0 ? [] : [this.composer.raw(this.resource, recordIds, data, checked)];
    });
  }

  /**
   * Says something about a record that did not change, `{ verb: 'messaged', id, data }`.
   *
   * @throws InvalidRecordIdError, NotSerializableError, InvalidEmitOptionsError
   */
  message(id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll('message', options, PUBLISH_OPTIONS, (checked) => [
      this.composer.own(this.resource, { verb: 'messaged', id: this.resource.idOf(id), data }, checked),
    ]);
  }

  /**
   * Tells that something of the application's own kind happened to a record, `{ verb, id, data }`. The verbs that every resource has are said by the
   * methods above.
   *
   * @throws InvalidRecordIdError, UnknownVerbError, NotSerializableError, InvalidEmitOptionsError
   */
  publishVerb(verb: string, id: IdOrRecord<T>, data: unknown, options: PublishOptions = {}): Promise<void> {
    return this.publishAll('publishVerb', options, PUBLISH_OPTIONS, (checked) => {
      this.resource.assertOwnVerb(`${this.name}.publishVerb, which is for verbs of your own`, verb);
      return [this.composer.own(this.resource, { verb, id: this.resource.idOf(id), data }, checked)];
    });
  }

  private publishAll<Options extends PublishOptions>(
    method: string,
    given: Options,
    rules: Parameters<typeof readOptions<Options>>[2],
    compose: (options: Options & Pick<Publication, 'by'>) => Publication[],
  ): Promise<void> {
    const where = `${this.name}.${method}`;
    const failed = (error: unknown): never => {
      this.publisher.counters.failed++;
      throw error;
    };
    return fireAndForget(() => {
      try {
        const options = readOptions<Options>(where, given, rules);
        const omitted = options.except === undefined ? [] : this.publisher.findOmitted(where, options.except);
        const composed = compose({
          ...options,
          except: undefined,
          mutation: options.mutation ?? currentMutation(),
          by: where,
        });
        return this.send(where, this.views.show(composed), omitted)?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    });
  }

  private send(
    where: string,
    shown: Publication[] | Promise<Publication[]>,
    omitted: string[] | Promise<string[]>,
  ): void | Promise<void> {
    if (!(shown instanceof Promise)) return this.turns.take(omitted, this.publisher.makeReady(shown));
    const known = Promise.all([withTimeout(VIEW_TIMEOUT, `${where}: the view`, shown), omitted]);
    // Its turn may come later than its failure.
    known.catch(() => undefined);
    return this.turns.take(known, ([publications, rooms]) => this.publisher.makeReady(publications)(rooms));
  }

  private readPrevious(
    method: string,
    { previous }: PublishChangeOptions<T>,
  ): Pick<Change, 'previous' | 'shownPrevious'> {
    // What a look-up found nothing for is null.
    if (previous === undefined || previous === null) return {};
    return { previous: this.assertRecord(`${method}, option "previous"`, previous), shownPrevious: previous };
  }

  private assertRecord(method: string, value: unknown): object {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'an object with fields of a record');
  }

  private assertAttribute(method: string, value: unknown): void {
    if (typeof value === 'string' && value !== '') return;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'the name of a collection of the record');
  }

  private assertList(method: string, value: unknown): void {
    if (Array.isArray(value)) return;
    throw new InvalidRecordError(`${this.name}.${method}`, value, 'an array of ids or records');
  }
}

function asArray<V>(value: V | readonly V[]): readonly V[] {
  return Array.isArray(value) ? value : [value as V];
}
