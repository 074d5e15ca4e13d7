import type { ClientResponse } from '../answers/response.js';
import type { AnyMutatingMethod } from '../requests/mutations.js';
import type { BodyOf, HasParams, ParamsOption, PathsOf } from '../routes/route-map.js';
import type { Rest as RequestRest } from '../routes/typed-methods.js';
import type { LiveMutateOptions, LiveOptions, RowOf } from './live.options.js';
import type { Live } from './live.js';

type OptionsOf<Path extends string, Body> = Omit<LiveOptions<RowOf<Body>, Body>, 'params'> & ParamsOption<Path>;

/** If the path has parameters, they have to be given. */
type Rest<Path extends string, Body> =
  HasParams<Path> extends true ? [options: OptionsOf<Path, Body>] : [options?: OptionsOf<Path, Body>];

/**
 * A live query of a client of `connect<Api>()`, whose changes are requests to the routes of the map. It is a `Live` for
 * whatever takes one.
 *
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 * interface Api {
 *   'GET /boards/:boardId/cards': Card[];
 *   'DELETE /cards/:id': Card;
 * }
 *
 * const sockets = connect<Api>('http://localhost:3000');
 * const cards = sockets.live('/boards/:boardId/cards', { params: { boardId: 7 } });
 * const { body: removed } = await cards.mutate('delete', '/cards/:id', undefined, {
 *   params: { id: 5 },
 *   optimistic: (data) => data.filter(({ id }) => id !== 5),
 * });
 * console.log(removed.title);
 * ```
 */
export type TypedLive<Api, Body> = {
  /** What the compiler knows, as of the client: no query has such a property. */
  readonly '~api'?: Api;
  /** See `Live.mutate`. @throws TypeError, RangeError, RequestError */
  mutate<Method extends AnyMutatingMethod, Path extends PathsOf<Api, Uppercase<Method>>>(
    method: Method,
    url: Path,
    ...rest: RequestRest<Path, LiveMutateOptions<Body>>
  ): Promise<ClientResponse<BodyOf<Api, Uppercase<Method>, Path>>>;
} & Live<Body>;

/** The method of the client that keeps what a route has answered in step, for the routes of a map. */
export interface LiveMethods<Api> {
  /** Reads a route, and keeps what it answers in step with the server. @throws TypeError, RangeError */
  live<Path extends PathsOf<Api, 'GET'>>(
    url: Path,
    ...rest: Rest<Path, BodyOf<Api, 'GET', Path>>
  ): TypedLive<Api, BodyOf<Api, 'GET', Path>>;
}
