// The module
export { SocketsModule } from './sockets.module.js';
export type { SocketsModuleOptions, SocketsOptionsFactory } from './sockets.options.js';
export type { AllowedOrigins, SocketsServerOptions } from './sockets/sockets-server.options.js';
export type {
  AfterDisconnect,
  Authenticate,
  AuthenticateFunction,
  ConnectionGuard,
  ConnectionOptions,
  ExpiresAt,
  Handshake,
  HandshakeMiddleware,
  UserId,
} from './sockets/connection.options.js';
export { SocketsIoAdapter, type ProviderSource } from './sockets/sockets.adapter.js';

// Rooms and broadcast
export { SocketsService } from './sockets/sockets.service.js';
export { NamespaceSockets } from './sockets/namespace-sockets.js';
export type { PresenceOptions, RoomSelector, ShowUser } from './sockets/presence/presence.options.js';
export type { PresentUser } from './sockets/presence/roster.js';
export type { LeaveAllOptions } from './sockets/members.js';
export type { RequestOptions } from './sockets/client-question.js';
export type { EmitOptions } from './sockets/emission.js';
export type { ServerEventListener } from './sockets/server-events.js';
export type { AnySocket, SocketTarget, SocketTargets } from './sockets/target.js';
export type { HttpRequest } from './sockets/requesting-socket.js';
export { RequestingSocket } from './sockets/requesting-socket.decorator.js';
export { SocketUser } from './sockets/socket-user.decorator.js';
export type { Duration } from './common/duration.js';
export type { RevokeOptions } from './sockets/revocations.js';
export { userRoom } from './sockets/user-room.js';

// From client to client
export { Relay } from './sockets/relay/relay.decorator.js';
export type { RelayOptions } from './sockets/relay/relay.options.js';

// Requests over the socket
export type { SocketRequestsOptions } from './requests/requests.options.js';

// Resources, for code
export { InjectResource, ResourcefulPubSub } from './resources/resourceful-pubsub.js';
export { resourceToken } from './resources/injected-resources.js';
export { ResourceChannel } from './resources/resource-channel.js';
export { ResourceSubscriptions, type IdOrRecord, type SubscribeOptions } from './resources/resource-subscriptions.js';
export type {
  ChildOrId,
  PublishChangeOptions,
  PublishMoveOptions,
  PublishOptions,
  PublishReplaceOptions,
} from './resources/publish.options.js';
export type { PublicationCounters } from './resources/publisher.js';
export type { Omission } from './resources/omission.js';
export type { ResourceOptions } from './resources/resource.options.js';
export type { RequestedTarget, SubscriptionPolicy, SubscriptionTarget } from './resources/subscription-policy.js';
export type { SliceOf, SliceValue } from './resources/slices/slice.js';
export type { RecordIdType } from './resources/record-id.js';
export { BeforePublication, OnPublication } from './resources/publication-listeners.js';
export { SubscribesTo } from './resources/resource-namespaces.js';
export { belongsTo, hasMany, hasOne, manyToMany, type Relation } from './resources/relations/relation.js';
export type { MovedFrom } from './resources/relations/reverse-messages.js';

// Resources, on controllers
export { Resourceful } from './resources/routes/resourceful.decorator.js';
export {
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
} from './resources/routes/publishing.decorators.js';
export { SubscribeOnRead, Unsubscribe } from './resources/routes/subscribing.decorators.js';
export { JoinRoom, LeaveRoom } from './resources/routes/joining.decorators.js';
export type { RoomValue } from './sockets/room-template.js';
export type { JoinRoomOptions, LeaveRoomOptions, RoomValueSource } from './resources/routes/joining.options.js';
export type {
  Awaitable,
  PublisherOptions,
  PublishOnAddOptions,
  PublishOnCollectionOptions,
  PublishOnCreateOptions,
  PublishOnUpdateOptions,
} from './resources/routes/publisher.options.js';
export type { SubscribeOnReadOptions, UnsubscribeOptions } from './resources/routes/subscriber.options.js';
export type { PublishContext } from './resources/routes/publish-context.js';
export type { Audience } from './resources/views/record-views.js';
export type { View } from './resources/views/view.js';
export type { StandardResult, StandardSchema } from './common/standard-schema.js';
export { ResourcefulPubSubInterceptor } from './resources/routes/resourceful-pubsub.interceptor.js';

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
export type { ErrorBody, RequestMethod, SocketRequest, SocketResponse } from './protocol/request.js';
export type { Expiry } from './protocol/reauthentication.js';
export type { Revocation } from './protocol/subscription.js';
export type { Unsubscription } from './protocol/subscription.js';

// Errors
export { SocketsError } from './common/common.errors.js';
export { DuplicateSocketsModuleError } from './sockets/errors/duplicate-sockets-module.error.js';
export { ForeignAdapterError } from './sockets/errors/foreign-adapter.error.js';
export { GuardNotCreatedError } from './sockets/errors/guard-not-created.error.js';
export { InvalidEmitOptionsError } from './common/common.errors.js';
export { InvalidEventError } from './sockets/errors/invalid-event.error.js';
export { InvalidIdentityError } from './sockets/errors/invalid-identity.error.js';
export { InvalidNamespaceError } from './sockets/errors/invalid-namespace.error.js';
export { InvalidOptionsError } from './common/common.errors.js';
export { InvalidRevocationError } from './sockets/errors/invalid-revocation.error.js';
export { InvalidRoomError } from './sockets/errors/invalid-room.error.js';
export { InvalidRelayError } from './sockets/errors/invalid-relay.error.js';
export { InvalidRoomTemplateError } from './sockets/errors/invalid-room-template.error.js';
export { InvalidRoomValueError } from './sockets/errors/invalid-room-value.error.js';
export { ForeignNamespaceError, InvalidTargetError } from './sockets/errors/invalid-target.error.js';
export { NotSerializableError } from './common/common.errors.js';
export { ReservedEventError } from './sockets/errors/reserved-event.error.js';
export { RoomNotTrackedError } from './sockets/errors/room-not-tracked.error.js';
export { ServerNotReadyError } from './sockets/errors/server-not-ready.error.js';
export { ServersTimeoutError } from './sockets/errors/servers-timeout.error.js';
export { SocketNotFoundError } from './sockets/errors/socket-not-found.error.js';
export { SocketRequestTimeoutError } from './sockets/errors/socket-request-timeout.error.js';
export { InvalidGatewayError } from './resources/errors/invalid-gateway.error.js';
export { InvalidListenerError } from './resources/errors/invalid-listener.error.js';
export { InvalidPublisherError } from './resources/errors/invalid-publisher.error.js';
export { InvalidRecordError } from './resources/errors/invalid-record.error.js';
export { InvalidRecordIdError } from './resources/errors/invalid-record-id.error.js';
export { InvalidRelationError } from './resources/errors/invalid-relation.error.js';
export { InvalidResourceError } from './resources/errors/invalid-resource.error.js';
export { InvalidRoomMoveError } from './resources/errors/invalid-room-move.error.js';
export { InvalidSliceError } from './resources/errors/invalid-slice.error.js';
export { InvalidSubscriberError } from './resources/errors/invalid-subscriber.error.js';
export { PolicyNotCreatedError } from './resources/errors/policy-not-created.error.js';
export { UnfitRecordError } from './resources/errors/unfit-record.error.js';
export { UnknownResourceError } from './resources/errors/unknown-resource.error.js';
export { UnknownVerbError, VerbsRequiredError } from './resources/errors/unknown-verb.error.js';
