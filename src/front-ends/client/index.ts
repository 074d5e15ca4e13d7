export { connect, type TypedClient } from './connect.js';
export { SocketsClient } from './sockets-client.js';
export type { ClientOptions } from './client.options.js';
export type {
  PathParams,
  ReadOptions,
  RequestConfig,
  RequestOptions,
  WaitOptions,
} from './requests/request.options.js';
export type { MutatingMethod } from './requests/mutations.js';
export type { RequestHeaders } from './requests/request.options.js';
export type { AbortSignalLike } from './requests/abort-signal.js';
export type { ClientResponse } from './answers/response.js';
export type { Fetch } from './routes/fetch.js';
export type { Json } from './routes/json-type.js';
export type { OpenApi } from './routes/open-api.js';
export type { BodyOf, EventOf, ParamsOf, PathsOf } from './routes/route-map.js';
export type { EventMethods, KnownTypes, RouteMethods } from './routes/typed-methods.js';
export type { ReadHandle, RepeatedResponse, Repetition, RepeatListener } from './requests/repeated-reads.js';
export { RequestError, type RequestErrorDetails } from './answers/request-error.js';
export type { ConnectionState, ConnectionStatus } from './connection/connection.js';
export type { Gap } from './positions/recovery.js';
export { Live } from './live/live.js';
export type { LiveMutateOptions, LiveOptions, RowOf } from './live/live.options.js';
export type { LiveInitial } from './live/reads/snapshot.js';
export type { LiveMethods, TypedLive } from './live/typed-live.js';
export type { LiveListener, LiveState, LiveStatus } from './live/live-states.js';
export type { LiveChange } from './live/rows/reconcile.js';
export type { ResourceListener } from './resource-listeners.js';

export type { DeliveryNote } from '../../protocol/notes.js';
export type {
  AddedToMessage,
  CreatedMessage,
  CustomMessage,
  DestroyedMessage,
  MessagedMessage,
  RecordId,
  RemovedFromMessage,
  ResourceMessage,
  ResourceVerb,
  UpdatedMessage,
} from '../../protocol/resource-message.js';
export { isSameRecord } from '../../protocol/canonical-id.js';
export type { PresenceMessage } from '../../protocol/presence-message.js';
export type { Staleness } from '../../protocol/notes.js';
export type { Expiry } from '../../protocol/reauthentication.js';
export type { Revocation } from '../../protocol/subscription.js';
export type { ErrorBody, RequestMethod, SocketResponse } from '../../protocol/request.js';
