// The module
export { SocketsModule } from './module/sockets.module.js';
export type {
  SocketsLimits,
  SocketsModuleOptions,
  SocketsOptionsFactory,
  SocketsServerOptions,
} from './module/sockets.options.js';
export type { AllowedOrigins, GatewayProtection } from './server/options/server.options.js';
export type { ServerLimits } from './server/options/limits.options.js';
export type { BusMetrics, JournalMetrics, RefusalKind, SocketsMetrics } from './server/metrics.js';
export type { RoomLimits } from './rooms/members/room-limit.js';
export type { PublicationLimits } from './resources/pubsub/channel.options.js';
export type {
  AfterDisconnect,
  Authenticate,
  AuthenticateFunction,
  ConnectionGuard,
  ConnectionLimits,
  ConnectionOptions,
  ExpiresAt,
  Handshake,
  HandshakeMiddleware,
  UserId,
} from './connections/connection.options.js';
export { SocketsIoAdapter, type ProviderSource } from './server/adapter/sockets.adapter.js';

// Rooms and broadcast
export { SocketsService } from './rooms/sockets.service.js';
export { NamespaceSockets } from './rooms/namespace-sockets.js';
export type { PresenceOptions, RoomSelector, ShowUser } from './rooms/presence/presence.options.js';
export type { PresentUser } from './rooms/presence/roster.js';
export type { LeaveAllOptions } from './rooms/members/members.js';
export type { JoinOptions } from './rooms/members/reserved-rooms.js';
export type { RequestOptions } from './rooms/client-request.js';
export type { EmitOptions } from './rooms/emission.js';
export { cluster } from './server/cluster/cluster.options.js';
export type {
  AdapterClusterOptions,
  ClusterConnection,
  ClusterIntegration,
  ClusterOptions,
  WhenAbsent,
} from './server/cluster/cluster.options.js';
export { SocketsHealth, type SocketsHealthReport } from './server/cluster/health/sockets-health.js';
export type { Bus } from './server/cluster/bus.js';
export type { JournalLimits } from './server/cluster/journal/journal.options.js';
export type {
  ClusterJournal,
  Entry as JournalEntry,
  Epoch as JournalEpoch,
  History as JournalHistory,
  HistoryQuestion as JournalQuestion,
  JournalConnection,
  JournalIntegration,
  KeptEntry as KeptJournalEntry,
  OutboxConnection,
  Place as JournalPlace,
  Positions as JournalPositions,
} from './server/cluster/journal/journal.js';
export type { ServerEventListener } from './server/cluster/server-events.js';
export type { AnySocket, SocketTarget, SocketTargets } from './rooms/target.js';
export type { HttpRequest } from './connections/requester/requesting-socket.js';
export { RequestingSocket } from './connections/requester/requesting-socket.decorator.js';
export { SocketUser } from './connections/requester/socket-user.decorator.js';
export type { Duration } from './common/option-rules.js';
export type { RevokeOptions } from './rooms/revocations.js';
export { userRoom } from './connections/user-room.js';

// Transactions
export type {
  Attempts,
  HoldOptions,
  TransactionHold,
  TransactionHolds,
  TransactionIntegration,
  TransactionOptions,
} from './transactions/transactions.options.js';

// From client to client
export { Relay } from './rooms/relay/relay.decorator.js';
export type { RelayOptions } from './rooms/relay/relay.options.js';

// Requests over the socket
export type { SocketRequestsOptions } from './requests/requests.options.js';

// Resources, for code
export { InjectResource, resourceToken } from './resources/pubsub/decorators/inject-resource.decorator.js';
export { ResourcefulPubSub } from './resources/pubsub/resourceful-pubsub.js';
export { ResourceChannel } from './resources/pubsub/resource-channel.js';
export {
  ResourceSubscriptions,
  type IdOrRecord,
  type SubscribeOptions,
} from './resources/subscriptions/resource-subscriptions.js';
export type {
  ChildOrId,
  PublishChangeOptions,
  PublishMoveOptions,
  PublishOptions,
  PublishReplaceOptions,
} from './resources/pubsub/channel.options.js';
export type { PublicationCounters } from './resources/pubsub/pipeline/publication-pipeline.js';
export type { Omission } from './resources/pubsub/channel.options.js';
export type { ResourceOptions } from './resources/definition/resource.options.js';
export type {
  RequestedTarget,
  SubscriptionPolicy,
  SubscriptionTarget,
} from './resources/definition/subscription-policy.js';
export type { SliceOf, SliceValue } from './resources/slices/slice.js';
export type { RecordIdType } from './resources/definition/record-ids.js';
export { BeforePublication } from './resources/pubsub/decorators/before-publication.decorator.js';
export { OnPublication } from './resources/pubsub/decorators/on-publication.decorator.js';
export { SubscribesTo, type SubscribesToOptions } from './resources/subscriptions/subscribes-to.decorator.js';
export { belongsTo, hasMany, hasOne, manyToMany, type Relation } from './resources/definition/relation.js';
export type { MovedFrom } from './resources/relations/reverse-messages.js';

// Resources, on controllers
export { Resourceful } from './routes/decorators/resourceful.decorator.js';
export {
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
} from './routes/decorators/publish.decorators.js';
export { SubscribeOnRead } from './routes/decorators/subscribe-on-read.decorator.js';
export { Unsubscribe } from './routes/decorators/unsubscribe.decorator.js';
export { JoinRoom } from './routes/decorators/join-room.decorator.js';
export { LeaveRoom } from './routes/decorators/leave-room.decorator.js';
export type { RoomValue } from './rooms/room-template.js';
export type { JoinRoomOptions, LeaveRoomOptions, RoomValueSource } from './routes/decorators/join-room.options.js';
export type {
  Awaitable,
  PublisherOptions,
  PublishOnAddOptions,
  PublishOnCollectionOptions,
  PublishOnCreateOptions,
  PublishOnUpdateOptions,
} from './routes/decorators/publish.options.js';
export type { SubscribeOnReadOptions, UnsubscribeOptions } from './routes/decorators/subscribe.options.js';
export type { PublishContext } from './routes/publish-context.js';
export type { Audience } from './resources/views/record-views.js';
export type { View } from './resources/views/view.js';
export type { StandardResult, StandardSchema } from './common/serializers/standard-schema.js';
export { ResourcefulPubSubInterceptor } from './routes/resourceful-pubsub.interceptor.js';

// On the wire
export type {
  AddedToMessage,
  CreatedMessage,
  CustomMessage,
  DestroyedMessage,
  EnteredMessage,
  LeftMessage,
  MessagedMessage,
  RecordId,
  RemovedFromMessage,
  ResourceMessage,
  ResourceVerb,
  UpdatedMessage,
} from './protocol/resource-message.js';
export type { SignalNote } from './protocol/notes.js';
export type { PresenceMessage } from './protocol/presence-message.js';
export type { DeliveryNote } from './protocol/notes.js';
export type { Mutated } from './protocol/notes.js';
export type { Staleness } from './protocol/notes.js';
export type { ErrorBody, RequestMethod, SocketRequest, SocketResponse } from './protocol/request.js';
export type { Expiry } from './protocol/reauthentication.js';
export type { Revocation } from './protocol/subscription.js';
export type { Unsubscription } from './protocol/subscription.js';

// Errors
export { SocketsError } from './common/common.errors.js';
export { ClusterUnavailableError } from './server/server.errors.js';
export { DuplicateSocketsModuleError } from './server/server.errors.js';
export { ForeignAdapterError } from './server/server.errors.js';
export { GuardNotCreatedError } from './connections/connections.errors.js';
export { InvalidEmitOptionsError } from './common/common.errors.js';
export { InvalidEventError } from './server/server.errors.js';
export { InvalidIdentityError } from './connections/connections.errors.js';
export { InvalidNamespaceError } from './server/server.errors.js';
export { InvalidOptionsError } from './common/common.errors.js';
export { InvalidRevocationError } from './rooms/rooms.errors.js';
export { InvalidRoomError } from './rooms/rooms.errors.js';
export { ReservedRoomError } from './rooms/rooms.errors.js';
export { InvalidRelayError } from './rooms/rooms.errors.js';
export { InvalidRoomTemplateError } from './rooms/rooms.errors.js';
export { InvalidRoomValueError } from './rooms/rooms.errors.js';
export { ForeignNamespaceError, InvalidTargetError } from './rooms/rooms.errors.js';
export { MissingPackageError } from './server/server.errors.js';
export { NotSerializableError } from './common/common.errors.js';
export { ParserNotFoundError } from './server/server.errors.js';
export { ReservedEventError } from './server/server.errors.js';
export { RoomNotTrackedError } from './rooms/rooms.errors.js';
export { ServerNotReadyError } from './server/server.errors.js';
export { ServersTimeoutError } from './server/server.errors.js';
export { SocketAnswerRefusedError } from './rooms/rooms.errors.js';
export { SocketNotFoundError } from './rooms/rooms.errors.js';
export { SocketRequestTimeoutError } from './rooms/rooms.errors.js';
export { InvalidGatewayError } from './resources/resources.errors.js';
export { InvalidListenerError } from './resources/resources.errors.js';
export { InvalidPublisherError } from './routes/routes.errors.js';
export { InvalidRecordError } from './resources/resources.errors.js';
export { InvalidRecordIdError } from './resources/resources.errors.js';
export { OutboxError, UnknownRecordKeyError } from './resources/resources.errors.js';
export { InvalidRelationError } from './resources/resources.errors.js';
export { InvalidResourceError } from './resources/resources.errors.js';
export { InvalidRoomMoveError } from './routes/routes.errors.js';
export { InvalidSliceError } from './resources/resources.errors.js';
export { InvalidTransactionError, InvalidTransactionWorkError } from './transactions/transactions.errors.js';
export { InvalidSubscriberError } from './routes/routes.errors.js';
export { PolicyNotCreatedError } from './resources/resources.errors.js';
export { UnfitRecordError } from './resources/resources.errors.js';
export { UnknownResourceError } from './resources/resources.errors.js';
export { UnknownVerbError, VerbsRequiredError } from './resources/resources.errors.js';
export { WrongProcessError } from './server/server.errors.js';
