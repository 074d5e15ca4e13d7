import type {
  BodyOf,
  EventOf,
  LiveOptions,
  ParamsOf,
  PathsOf,
  ResourceListener,
  RowOf,
  SocketsClient,
} from './client/index.js';

/** A client that `connect()` has made, whether or not the compiler knows its routes. */
export type AnyClient = Pick<SocketsClient, 'socket' | 'state' | 'onState'>;

/** A client whose routes the compiler does not know, so that a url may be any. */
export type UntypedClient = AnyClient & { readonly '~api'?: undefined };

/** The map of routes that a client was made with: `connect<Api>()`. */
export type ApiOf<Client> = Client extends { readonly '~api'?: infer Api } ? Api : unknown;

/** The map of resources that a client was made with: `connect<Api, Events>()`. */
export type EventsOf<Client> = Client extends { readonly '~events'?: infer Events } ? Events : unknown;

/** The options of a live query of a route. If its path has parameters, they have to be given. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- Then there is nothing to give.
export type LiveOptionsOf<Api, Path extends string> = [keyof ParamsOf<Path>] extends [never]
  ? [options?: RowOptions<BodyOf<Api, 'GET', Path>> & { params?: undefined }]
  : // oxlint-disable-next-line typescript/no-generated-empty-object-type -- Where there are names, it is not empty.
    [options: RowOptions<BodyOf<Api, 'GET', Path>> & { params: ParamsOf<Path> }];

type RowOptions<Body> = Omit<LiveOptions<RowOf<Body>, Body>, 'params'>;

/** The paths of a map of routes that can be read. */
export type ReadPaths<Api> = PathsOf<Api, 'GET'>;

/** Called with each message about a resource of a map. */
export type ListenerOf<Events, Resource extends keyof Events> = ResourceListener<EventOf<Events[Resource]>>;

/** The client with all of its methods: what it is, whatever its type makes known. */
export function clientOf(client: AnyClient): SocketsClient {
  return client as SocketsClient;
}
