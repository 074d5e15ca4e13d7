import { assertArgument, assertOptions, isRecord } from '../assertions.js';
import type { Optimistic } from './optimistic-changes.js';
import type { PathParams, RequestOptions } from '../requests/request.options.js';
import { fillPath } from '../routes/path.js';
import type { LiveInitial } from './reads/snapshot.js';

/** The rows of a body: the members of a list or, if the body holds a list in a field, those. */
export type RowOf<Body> = Body extends readonly (infer Row)[]
  ? Row
  : { [Field in keyof Body]: Body[Field] extends readonly (infer Row)[] ? Row : never }[keyof Body];

/** Options of `live()`. */
export interface LiveOptions<Row, Body = unknown> {
  /** Fills `:boardId` in the url, encoded. */
  params?: PathParams | undefined;
  /** Added to the query of the url. */
  query?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Tells whether a row belongs to this list. Without it, a list whose url has a query is read again whenever one of
   * its rows may have come, gone or changed; a list without a query holds everything that it watches.
   */
  includes?: ((row: Row) => boolean) | undefined;
  /**
   * The order of the list, whatever that of the answer is. Without it, the list is read again where a change may move a
   * row, or brings a new one.
   */
  compare?: ((row: Row, other: Row) => number) | undefined;
  /**
   * The fields in which rows show the ids of what is related to them, by the relation's name: `{ cards: 'cardIds' }`.
   * What is added to one is then shown without reading again. Without it, a relation is shown by the field of its own
   * name, if there is one.
   */
  relations?: Readonly<Record<string, string>> | undefined;
  /**
   * What to do about a change that cannot be applied with certainty: read again, at most once in 250 milliseconds, or
   * nothing.
   *
   * @default 'reload'
   */
  otherwise?: 'reload' | 'ignore' | undefined;
  /**
   * What a server has rendered. It is shown at once, as `stale`, until this client is subscribed. With its `position`,
   * it is not read again: the client is sent what was published since.
   */
  initial?: LiveInitial<Body> | undefined;
  /** How long reading goes on after the last subscriber, in milliseconds; the longest of equal ones. @default 5000 */
  linger?: number | undefined;
}

/** Options of `mutate()` of a live query. */
export interface LiveMutateOptions<Body = unknown> extends RequestOptions {
  /**
   * Returns what the data will be, which are shown at once. It is called again with whatever the data become until the
   * change has come round. So it must leave what it is given as it is, and should do nothing where the change is in it
   * already: give what you create an id of your own, if the route takes one. It is not called while there are no data.
   */
  optimistic?: Optimistic<Body> | undefined;
}

const OPTIONS = ['params', 'query', 'includes', 'compare', 'relations', 'otherwise', 'initial', 'linger'];

const DEFAULT_LINGER = 5_000;

/** What a live query reads, and how its changes are applied. */
export interface LiveRequest {
  /** The same for those that are answered the same. */
  readonly key: string;
  readonly url: string;
  readonly query: Readonly<Record<string, unknown>> | undefined;
  /** Whether the list may be less than what it watches. */
  readonly isFiltered: boolean;
  readonly includes: ((row: never) => boolean) | undefined;
  readonly compare: ((row: never, other: never) => number) | undefined;
  readonly relations: Readonly<Record<string, string>>;
  readonly reloads: boolean;
  readonly initial: LiveInitial | undefined;
  readonly linger: number;
}

/** @throws TypeError, RangeError */
export function readLiveRequest<Row, Body>(given: string, options: LiveOptions<Row, Body>): LiveRequest {
  assertArgument(
    typeof given === 'string' && given.startsWith('/'),
    'live: the url must be a path of the application, such as "/boards/:boardId/cards"',
  );
  assertOptions('live', options, OPTIONS);
  const { params, query, includes, compare, relations = {}, otherwise = 'reload', initial } = options;
  const { linger = DEFAULT_LINGER } = options;
  assertArgument(
    params === undefined || isRecord(params),
    'live: the params must be an object, such as { boardId: 7 }',
  );
  assertArgument(query === undefined || isRecord(query), 'live: the query must be an object, such as { done: false }');
  for (const [name, option] of Object.entries({ includes, compare })) {
    assertArgument(option === undefined || typeof option === 'function', `live: the option "${name}" is a function`);
  }
  assertArgument(
    isRecord(relations) && Object.values(relations).every((field) => typeof field === 'string'),
    "live: the relations must be an object of fields by relation, such as { cards: 'cardIds' }",
  );
  assertArgument(['reload', 'ignore'].includes(otherwise), 'live: the option "otherwise" is "reload" or "ignore"');
  assertArgument(initial === undefined || 'body' in initial, 'live: the option "initial" is an object with the "body"');
  if (!(linger >= 0 && linger < 2 ** 31)) throw new RangeError('live: the option "linger" is in milliseconds, from 0');
  // A name that stands for a part of the path is never meant as it is.
  const url = fillPath('live', given, params ?? (/^[^?]*\/:[a-z_]/i.test(given) ? {} : undefined));
  const sorted = Object.entries(query ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    key: JSON.stringify([url, sorted]),
    url,
    query: sorted.length > 0 ? Object.fromEntries(sorted) : undefined,
    isFiltered: url.includes('?') || sorted.length > 0,
    includes,
    compare,
    relations,
    reloads: otherwise === 'reload',
    initial,
    linger,
  };
}
