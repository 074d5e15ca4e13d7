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
  Handshake,
  HandshakeMiddleware,
} from './sockets/connection.options.js';
export { SocketsIoAdapter, type ProviderSource } from './sockets/sockets.adapter.js';

// Rooms and broadcast
export { SocketsService } from './sockets/sockets.service.js';
export { NamespaceSockets } from './sockets/namespace-sockets.js';
export type { LeaveAllOptions } from './sockets/members.js';
export type { RequestOptions } from './sockets/client-question.js';
export type { EmitOptions } from './sockets/emission.js';
export type { ServerEventListener } from './sockets/server-events.js';
export type { AnySocket, SocketTarget, SocketTargets } from './sockets/target.js';
export type { HttpRequest } from './sockets/requesting-socket.js';
export { RequestingSocket } from './sockets/requesting-socket.decorator.js';
export { SocketUser } from './sockets/socket-user.decorator.js';

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
export type { ResourceOptions } from './resources/resource.options.js';
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
export type { StandardResult, StandardSchema, View } from './resources/routes/view.js';
export { ResourcefulPubSubInterceptor } from './resources/routes/resourceful-pubsub.interceptor.js';

// On the wire
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
} from './wire/resource-message.js';
export type { DeliveryNote } from './wire/delivery-note.js';
export type { ErrorBody, RequestMethod, SocketRequest, SocketResponse } from './wire/socket-request.js';
export type { Unsubscription } from './wire/unsubscription.js';

// Errors
export { SocketsError } from './sockets/errors/sockets.error.js';
export { DuplicateSocketsModuleError } from './sockets/errors/duplicate-sockets-module.error.js';
export { ForeignAdapterError } from './sockets/errors/foreign-adapter.error.js';
export { GuardNotCreatedError } from './sockets/errors/guard-not-created.error.js';
export { InvalidEmitOptionsError } from './sockets/errors/invalid-emit-options.error.js';
export { InvalidEventError } from './sockets/errors/invalid-event.error.js';
export { InvalidNamespaceError } from './sockets/errors/invalid-namespace.error.js';
export { InvalidOptionsError } from './sockets/errors/invalid-options.error.js';
export { InvalidRoomError } from './sockets/errors/invalid-room.error.js';
export { ForeignNamespaceError, InvalidTargetError } from './sockets/errors/invalid-target.error.js';
export { NotSerializableError } from './sockets/errors/not-serializable.error.js';
export { ReservedEventError } from './sockets/errors/reserved-event.error.js';
export { ServerNotReadyError } from './sockets/errors/server-not-ready.error.js';
export { SocketNotFoundError } from './sockets/errors/socket-not-found.error.js';
export { SocketRequestTimeoutError } from './sockets/errors/socket-request-timeout.error.js';
export { InvalidGatewayError } from './resources/errors/invalid-gateway.error.js';
export { InvalidListenerError } from './resources/errors/invalid-listener.error.js';
export { InvalidPublisherError } from './resources/errors/invalid-publisher.error.js';
export { InvalidRecordError } from './resources/errors/invalid-record.error.js';
export { InvalidRecordIdError } from './resources/errors/invalid-record-id.error.js';
export { InvalidRelationError } from './resources/errors/invalid-relation.error.js';
export { InvalidResourceError } from './resources/errors/invalid-resource.error.js';
export { InvalidSubscriberError } from './resources/errors/invalid-subscriber.error.js';
export { UnknownResourceError } from './resources/errors/unknown-resource.error.js';
export { UnknownVerbError, VerbsRequiredError } from './resources/errors/unknown-verb.error.js';
