import type { RecordIdType } from './record-id.js';
import type { Relation } from './relations/relation.js';

/** What can be said of a resource, by `@Resourceful(name, options)` or in `SocketsModule.forRoot({ resources })`. */
export interface ResourceOptions {
  /** The field that holds a record's id. @default 'id' */
  id?: string;
  /**
   * The type of the ids. With `'number'`, `'1'` means `1` and `'01'` is an error. Without it, ids are numbers if a route of the resource declares its
   * id parameter a `number`, and otherwise stay as they are given.
   */
  idType?: RecordIdType;
  /** What the records are related to, by attribute. Declared on either side, it gives the reverse messages on both. */
  relations?: Record<string, Relation>;
  /**
   * The verbs that `subscribe` and `watch` mean when a call names none: all of them, some of them, or (`false`) a call has to name them.
   *
   * @default true
   */
  autosubscribe?: boolean | readonly string[];
  /** Verbs of the application's own that no `@Publish('verb')` declares. */
  verbs?: readonly string[];
}
