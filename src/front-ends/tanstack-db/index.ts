import type { CollectionConfig, InferSchemaOutput, PendingMutation, StandardSchema } from '@tanstack/db';
import type { LiveOptions } from '../client/index.js';
import { type AnyClient, clientOf } from '../any-client.js';
import { SyncedRows } from './synced-rows.js';

export type { AnyClient };

/** What a collection is given beside its rows. */
type OwnOptions<Config> = {
  [Name in keyof Config & ('id' | 'gcTime' | 'startSync' | 'autoIndex' | 'defaultIndexType')]?:
    Config[Name] | undefined;
};

/** Options of `liveCollectionOptions()`: those of `sockets.live()`, and some of a collection's own. */
export interface LiveCollectionOptions<Row extends object, RowKey extends string | number = string | number>
  extends Omit<LiveOptions<Row>, 'initial'>, OwnOptions<CollectionConfig<Row, RowKey>> {
  sockets: AnyClient;
  /** The route that answers with the rows; parameters are filled by `params`. */
  url: string;
  /** Tells the id of a row. */
  getKey: (row: Row) => RowKey;
  /** Finds the rows in the body. By default the body is a list, or has one in a field, or is the only row. */
  rows?: ((body: never) => readonly Row[]) | undefined;
  /** Sends a new row. Without it, the url is posted to: `sockets.mutate('post', '/boards/7/cards', modified)`. */
  insert?: ((mutation: PendingMutation<Row, 'insert'>) => Promise<unknown>) | undefined;
  /** Sends changed fields. Without it, `sockets.mutate('patch', '/boards/7/cards/5', changes)`; 5 is the key. */
  update?: ((mutation: PendingMutation<Row, 'update'>) => Promise<unknown>) | undefined;
  /** Sends that a row is to go. Without it, `sockets.mutate('delete', '/boards/7/cards/5')`. */
  delete?: ((mutation: PendingMutation<Row, 'delete'>) => Promise<unknown>) | undefined;
}

/**
 * Makes the options of a TanStack DB collection that holds what a route answers, in step with the server.
 *
 * What is inserted, updated and deleted is shown at once, and sent to the route. It is confirmed when the rows of the
 * server show it, in the same moment, and rolled back where the request fails. What a reload brings is compared with
 * what is there, so that only what has changed is written.
 *
 * @example
 * ```ts
 * import { createCollection } from '@tanstack/db';
 * import { connect } from 'nestjs-sockets/client';
 * import { liveCollectionOptions } from 'nestjs-sockets/tanstack-db';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 *
 * const cards = createCollection(
 *   liveCollectionOptions<Card, number>({
 *     sockets: connect('http://localhost:3000'),
 *     url: '/boards/:boardId/cards',
 *     params: { boardId: 7 },
 *     getKey: ({ id }) => id,
 *   }),
 * );
 * cards.subscribeChanges(() => console.log(cards.toArray));
 * cards.update(5, (card) => void (card.title = 'Ship it')); // PATCH /boards/7/cards/5
 * ```
 */
export function liveCollectionOptions<
  Schema extends StandardSchema<unknown>,
  RowKey extends string | number = string | number,
>(
  options: LiveCollectionOptions<InferSchemaOutput<Schema>, RowKey> & { schema: Schema },
): CollectionConfig<InferSchemaOutput<Schema>, RowKey, Schema> & { schema: Schema };
export function liveCollectionOptions<Row extends object, RowKey extends string | number = string | number>(
  options: LiveCollectionOptions<Row, RowKey> & { schema?: never },
): CollectionConfig<Row, RowKey> & { schema?: never };
export function liveCollectionOptions<Row extends object, RowKey extends string | number>(
  options: LiveCollectionOptions<Row, RowKey> & { schema?: never },
): CollectionConfig<Row, RowKey> & { schema?: never } {
  const { schema, id, gcTime, startSync, autoIndex, defaultIndexType, getKey } = options;
  const rows = new SyncedRows<Row, RowKey>(options);
  const { insert, update, remove } = sendersOf(options);
  return {
    ...definedOf({ schema, id, gcTime, startSync, autoIndex, defaultIndexType }),
    getKey,
    // The rows of `live` are whole.
    sync: { rowUpdateMode: 'full', sync: rows.sync },
    onInsert: ({ transaction }) => rows.confirm(transaction.mutations, insert),
    onUpdate: ({ transaction }) => rows.confirm(transaction.mutations, update),
    onDelete: ({ transaction }) => rows.confirm(transaction.mutations, remove),
  };
}

function sendersOf<Row extends object, RowKey extends string | number>(options: LiveCollectionOptions<Row, RowKey>) {
  const { params } = options;
  const sockets = clientOf(options.sockets);
  const [url] = options.url.split('?');
  const at = (key: unknown): string => `${url}/${encodeURIComponent(String(key))}`;
  const {
    insert = ({ modified }) => sockets.mutate('post', url, modified, { params }),
    update = ({ key, changes }) => sockets.mutate('patch', at(key), changes, { params }),
    delete: remove = ({ key }) => sockets.mutate('delete', at(key), undefined, { params }),
  } = options;
  return { insert, update, remove };
}

function definedOf<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}
