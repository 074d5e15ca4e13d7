import type { BodyOf, HasParams, ParamsOption, PathsOf } from '../routes/route-map.js';
import type { LiveOptions, RowOf } from './live.options.js';
import type { Live } from './live.js';

type OptionsOf<Path extends string, Body> = Omit<LiveOptions<RowOf<Body>, Body>, 'params'> & ParamsOption<Path>;

/** If the path has parameters, they have to be given. */
type Rest<Path extends string, Body> =
  HasParams<Path> extends true ? [options: OptionsOf<Path, Body>] : [options?: OptionsOf<Path, Body>];

/** The method of the client that keeps what a route has answered in step, for the routes of a map. */
export interface LiveMethods<Api> {
  /** Reads a route, and keeps what it answers in step with the server. @throws TypeError, RangeError */
  live<Path extends PathsOf<Api, 'GET'>>(
    url: Path,
    ...rest: Rest<Path, BodyOf<Api, 'GET', Path>>
  ): Live<BodyOf<Api, 'GET', Path>>;
}
