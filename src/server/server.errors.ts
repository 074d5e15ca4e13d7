import { SocketsError } from '../common/common.errors.js';
import { describeValue } from '../common/describe-value.js';

/** `SocketsModule` is imported more than once in one application. */
export class DuplicateSocketsModuleError extends SocketsError {
  readonly code = 'DUPLICATE_SOCKETS_MODULE';

  constructor() {
    super(
      `SocketsModule.forRoot() or forRootAsync() is imported more than once in this application. ` +
        `Import it once, in the root module: it is global, so every other module can inject its services without ` +
        `importing it.`,
    );
  }
}

/** The application has replaced the WebSocket adapter that `SocketsModule` installed. */
export class ForeignAdapterError extends SocketsError {
  readonly code = 'FOREIGN_ADAPTER';

  /** @param adapter what `useWebSocketAdapter()` was given */
  constructor(adapter: unknown) {
    const name = classNameOf(adapter);
    super(
      `useWebSocketAdapter(${name ? `new ${name}(…)` : describeValue(adapter)}) replaces the adapter of ` +
        `SocketsModule, so its options (server, origins) would not apply. Remove that call${
          name
            ? `, or let ${name} extend SocketsIoAdapter of nestjs-sockets and pass it the application: ` +
              `new ${name}(app)`
            : ''
        }. What joins servers, such as Redis, is an option: SocketsModule.forRoot({ cluster: redis({ url }) }).`,
    );
  }
}

/** Returns the name of an object's class; `undefined` for a plain object, and for anything else. */
function classNameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' && constructor !== Object ? constructor.name : undefined;
}

/** The server is used before it exists, or in an application that can have none. */
export class ServerNotReadyError extends SocketsError {
  readonly code = 'SERVER_NOT_READY';

  /** @param hasHttpServer whether the application has an HTTP server, so that there will be a Socket.IO server, too */
  constructor(hasHttpServer: boolean) {
    super(
      hasHttpServer
        ? 'The Socket.IO server does not exist yet. Use it from onModuleInit() on, not in a constructor.'
        : 'There is no Socket.IO server in this application: it has no HTTP server to which clients could connect ' +
            '(NestFactory.createApplicationContext(), or a testing module before createNestApplication()), and no ' +
            'cluster with servers to which they do. To publish from a worker, give SocketsModule the cluster that ' +
            'the web process has: SocketsModule.forRoot({ cluster: redis({ url }) }). A script that is not to tell ' +
            'anybody runs in sockets.withoutPublishing(() => …).',
    );
  }
}

/** The application is to be one server of a cluster, but cannot be connected to the others. */
export class ClusterUnavailableError extends SocketsError {
  readonly code = 'CLUSTER_UNAVAILABLE';

  /** @param integration how the option `cluster` names it, such as `redis()` */
  constructor(integration: string, reason: string) {
    super(
      `SocketsModule.forRoot({ cluster: ${integration} }) could not be connected to the other servers: ${reason}. ` +
        'See that what joins them is running, and that its address is right. To start all the same, give it ' +
        '{ whenAbsent: "degraded" }; to start when it is there, { whenAbsent: "wait" }.',
    );
  }
}

/** What joins servers needs a package that is not installed, or too old. */
export class MissingPackageError extends SocketsError {
  readonly code = 'MISSING_PACKAGE';

  /**
   * @param integration what needs it, such as `redis()`
   */
  constructor(
    integration: string,
    name: string,
    minimum: string,
    /** Its version; absent if it is not installed. */
    readonly installed?: string,
    options?: ErrorOptions,
  ) {
    super(
      `${integration} needs the package ${name}, ${minimum} or later, ${
        installed === undefined ? 'which is not installed' : `but ${installed} is installed`
      }. npm install ${name}@^${minimum}`,
      options,
    );
  }
}

/** What belongs into another process of Node's cluster is called in this one. */
export class WrongProcessError extends SocketsError {
  readonly code = 'WRONG_PROCESS';

  constructor(call: string, why: string) {
    super(`${call} ${why}`);
  }
}

/** A gateway handles an event that clients send for another purpose. */
export class ReservedEventError extends SocketsError {
  readonly code = 'RESERVED_EVENT';

  constructor(handler: string, event: string, purpose: string) {
    super(`@SubscribeMessage('${event}') on ${handler}: ${purpose}`);
  }
}

/** A value given as a namespace's name is not one. */
export class InvalidNamespaceError extends SocketsError {
  readonly code = 'INVALID_NAMESPACE';

  constructor(value: unknown) {
    super(`of: ${describeValue(value)} is not a namespace. Give its name, such as "/admin".`);
  }
}

/** A server of the cluster has not answered in time. */
export class ServersTimeoutError extends SocketsError {
  readonly code = 'SERVERS_TIMEOUT';

  constructor(
    method: string,
    /** The answers of the other servers: ids of sockets, or names of rooms. */
    readonly partial: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `${method}: not all servers of the cluster answered in time, so the answer would not be complete. The answers ` +
        `of the others are in "partial" of this error. A server that is frozen, or cut off, is waited for until its ` +
        `connection to the bus has ended.`,
      options,
    );
  }
}

/** A value given as an event's name can be neither emitted nor listened to. */
export class InvalidEventError extends SocketsError {
  readonly code = 'INVALID_EVENT';

  constructor(value: unknown, method: string) {
    super(
      typeof value === 'string' && value !== ''
        ? `${method}: "${value}" is an event of Socket.IO itself. Choose another name.`
        : `${method}: ${describeValue(value)} is not an event name. Give a string.`,
    );
  }
}

/** Socket.IO does not show its parser, so what clients send could not be limited. */
export class ParserNotFoundError extends SocketsError {
  readonly code = 'PARSER_NOT_FOUND';

  constructor() {
    super(
      'SocketsModule does not find the parser of this version of Socket.IO, and without it cannot limit what clients ' +
        "send. Name it: import * as parser from 'socket.io-parser'; SocketsModule.forRoot({ server: { parser } }).",
    );
  }
}
