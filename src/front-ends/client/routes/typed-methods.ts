import type { RequestMethod } from '../../../protocol/request.js';
import type { MutatingMethod } from '../requests/mutations.js';
import type { RepeatedResponse, RepeatListener } from '../requests/repeated-reads.js';
import type { ReadOptions, RequestOptions } from '../requests/request.options.js';
import type { ResourceListener } from '../resource-listeners.js';
import type { ClientResponse } from '../answers/response.js';
import type { BodyOf, EventOf, HasParams, ParamsOption, PathsOf } from './route-map.js';

/** Data and options of a request. If its path has parameters, they have to be given. */
export type Rest<Path extends string, Options> =
  HasParams<Path> extends true
    ? [data: unknown, options: Omit<Options, 'params'> & ParamsOption<Path>]
    : [data?: unknown, options?: Omit<Options, 'params'> & ParamsOption<Path>];

type Repeated<Api, Path extends string> = Omit<ReadOptions, 'params' | 'repeat'> &
  ParamsOption<Path> & { repeat: RepeatListener<BodyOf<Api, 'GET', Path>> };

type Send<Api, Method extends Uppercase<RequestMethod>> = <Path extends PathsOf<Api, Method>>(
  url: Path,
  ...rest: Rest<Path, RequestOptions>
) => Promise<ClientResponse<BodyOf<Api, Method, Path>>>;

type AnyCase<Method extends string> = Method | Uppercase<Method>;

type OptionsOf<Api, Method extends Uppercase<RequestMethod>, Path extends string> = Omit<
  Method extends 'GET' | 'HEAD' ? ReadOptions<BodyOf<Api, Method, Path>> : RequestOptions & { repeat?: undefined },
  'params'
> &
  ParamsOption<Path>;

/** The methods of the client that send a request to a route, for the routes of a map. */
export interface RouteMethods<Api> {
  /** Reads a route, and repeats that. @throws RequestError */
  get<Path extends PathsOf<Api, 'GET'>>(
    url: Path,
    data: unknown,
    options: Repeated<Api, Path>,
  ): Promise<RepeatedResponse<BodyOf<Api, 'GET', Path>>>;
  /** Reads a route. @throws RequestError */
  get<Path extends PathsOf<Api, 'GET'>>(
    url: Path,
    ...rest: Rest<Path, ReadOptions<BodyOf<Api, 'GET', Path>>>
  ): Promise<ClientResponse<BodyOf<Api, 'GET', Path>>>;
  /** See `SocketsClient.post`. @throws RequestError */
  post: Send<Api, 'POST'>;
  /** See `SocketsClient.put`. @throws RequestError */
  put: Send<Api, 'PUT'>;
  /** See `SocketsClient.patch`. @throws RequestError */
  patch: Send<Api, 'PATCH'>;
  /** See `SocketsClient.delete`. @throws RequestError */
  delete: Send<Api, 'DELETE'>;
  /** Requests the headers of a read. @throws RequestError */
  head<Path extends PathsOf<Api, 'GET' | 'HEAD'>>(
    url: Path,
    ...rest: Rest<Path, ReadOptions<undefined>>
  ): Promise<ClientResponse<undefined>>;
  /** Sends a change, and waits until this client has heard what it published. @throws RequestError */
  mutate<Method extends AnyCase<MutatingMethod>, Path extends PathsOf<Api, Uppercase<Method>>>(
    method: Method,
    url: Path,
    ...rest: Rest<Path, RequestOptions>
  ): Promise<ClientResponse<BodyOf<Api, Uppercase<Method>, Path>>>;
  /** Sends any request, given as one object. @throws RequestError */
  request<Method extends AnyCase<RequestMethod>, Path extends PathsOf<Api, Uppercase<Method>>>(
    config: { method: Method; url: Path; data?: unknown } & OptionsOf<Api, Uppercase<Method>, Path>,
  ): Promise<ClientResponse<BodyOf<Api, Uppercase<Method>, Path>>>;
}

/** The methods of the client that listen to resources, for those of a map. */
export interface EventMethods<Events> {
  /** Calls the listener with each message about a resource. */
  on<Resource extends keyof Events & string>(
    resource: Resource,
    listener: ResourceListener<EventOf<Events[Resource]>>,
  ): () => void;
  /** Calls the listener with the next message about a resource. */
  once<Resource extends keyof Events & string>(
    resource: Resource,
    listener: ResourceListener<EventOf<Events[Resource]>>,
  ): () => void;
  /** Removes a listener, or all of them. */
  off<Resource extends keyof Events & string>(
    resource: Resource,
    listener?: ResourceListener<EventOf<Events[Resource]>>,
  ): void;
}

/**
 * What the compiler knows of a client, for whom its methods do not tell: hooks and the options of queries. Both are
 * types only; no client has such a property.
 */
export type KnownTypes<Api, Events> = (unknown extends Api ? unknown : { readonly '~api'?: Api }) &
  (unknown extends Events ? unknown : { readonly '~events'?: Events });
