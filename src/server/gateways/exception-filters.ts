import { Catch, HttpException, HttpStatus, type ArgumentsHost, type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { errorBodyOf } from '../../common/error-body.js';
import { copyWithBinary } from '../../common/json.js';
import { LineLogger, logFailure } from '../../common/log.js';
import { isThenable } from '../../common/promises.js';
import { withoutHiddenFields } from '../../common/serializers/class-transformer.js';
import { isConstructor, isObject } from '../../common/type-guards.js';
import type { ErrorBody } from '../../protocol/request.js';
import { Slot, serverState } from '../state.js';
import type { Gateway } from './gateways.js';
import { messageOf } from './handled-message.js';
import { type Method, replaceMethod } from './replace-method.js';

/** What filters have to know of a server whose gateways are protected. */
export interface ProtectedServer {
  maxNesting: number;
  /** Names the handler of an event. */
  nameOf(namespace: string, event: unknown): string;
}

const protectedServer = new Slot<ProtectedServer | undefined>(() => undefined);

/** Lets filters know that the gateways of this server are protected. */
export function protectServer(io: Server, server: ProtectedServer): void {
  serverState(io).set(protectedServer, server);
}

const logger = new LineLogger('SocketsModule');

/** Nest's text for what may say anything. */
const UNKNOWN = { status: 'error', message: 'Internal server error' } as const;

/**
 * Tells a client of an exception that no filter of the application has handled: as Nest does, by the event `exception`,
 * but without the data that the client has sent, and by its acknowledgement, if it has asked for one.
 */
@Catch()
class LastFilter extends BaseWsExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const protection = protectionOf(host);
    // oxlint-disable-next-line promise/valid-params -- This is no promise.
    if (!protection) return super.catch(exception, host);
    const [socket, , acknowledge, event] = host.getArgs<[Socket, unknown, unknown, unknown]>();
    const body = bodyFor(exception);
    messageOf(acknowledge)?.fail(body);
    const isMeant = exception instanceof HttpException || exception instanceof WsException;
    const name = protection.nameOf(socket.nsp.name, event);
    if (!isMeant) logFailure(logger, `${name} failed.`, exception);
    socket.emit('exception', payloadFor(exception, body, name, protection));
  }
}

const lastFilter = new LastFilter();

/* Nest's own metadata of `@UseFilters`, on classes and on methods. */
const FILTERS = '__exceptionFilters__';

/**
 * Has the last filter handle what no other does, and watches the filters of the application. Must come before Nest
 * connects gateways, since it reads their filters then.
 *
 * @returns the classes of filters whose instances are to be watched one by one, by `watch`, since `catch` may be a
 *   field of theirs
 */
export function installFilters(gateways: readonly Gateway[]): Type[] {
  const unwatched = new Set<Type>();
  for (const { type } of gateways) {
    const ofClass = filtersOf(type);
    if (!ofClass.includes(lastFilter)) Reflect.defineMetadata(FILTERS, [lastFilter, ...ofClass], type);
    const prototype = type.prototype as Record<string, object>;
    const methods = new MetadataScanner().getAllMethodNames(prototype);
    const ofMethods = methods.flatMap((method) => filtersOf(prototype[method]));
    for (const filter of [...ofClass, ...ofMethods]) {
      if (filter === lastFilter) continue;
      if (!isConstructor(filter)) watch(filter as object);
      else if (!watch(filter.prototype as object)) unwatched.add(filter);
    }
  }
  return [...unwatched];
}

function filtersOf(target: object): readonly unknown[] {
  return (Reflect.getMetadata(FILTERS, target) ?? []) as unknown[];
}

const watched = new WeakSet<object>();

/**
 * Notes that a filter of the application handles an exception: otherwise, a handler that has failed could not be told
 * from one that has returned nothing. What an asynchronous filter throws is logged; Nest looks at nothing that filters
 * return.
 *
 * @param owner a filter, or the prototype of a class of filters
 * @returns `false` if it has no method `catch`
 */
export function watch(owner: object): boolean {
  const { catch: method } = owner as { catch?: unknown };
  if (typeof method !== 'function') return false;
  if (watched.has(method)) return true;
  const watching: Method = function (exception, host) {
    const handle = (): unknown => method.call(this, exception, host) as unknown;
    if (!protectionOf(host as ArgumentsHost)) return handle();
    if (this instanceof BaseWsExceptionFilter) hideData(this);
    const message = messageOf((host as ArgumentsHost).getArgByIndex(2));
    message?.fail(bodyFor(exception));
    const outcome = handle();
    if (!isThenable(outcome)) return outcome;
    message?.waitFor(outcome);
    outcome.then(undefined, (error: unknown) => logFailure(logger, `${nameOf(this)}.catch() failed.`, error));
    return outcome;
  };
  watched.add(watching);
  replaceMethod(owner, 'catch', method as Method, watching);
  return true;
}

function nameOf(filter: unknown): string {
  return (filter as object).constructor.name;
}

/** Nest's own filter repeats to a client what the client has sent. */
function hideData(filter: BaseWsExceptionFilter): void {
  const { options } = filter as unknown as { options?: { includeCause?: boolean } };
  if (options) options.includeCause = false;
}

/** Finds out whether this is about a message to a gateway that is protected. */
function protectionOf(host: ArgumentsHost): ProtectedServer | undefined {
  const socket = host.getArgByIndex<Partial<Socket> | undefined>(0);
  const io = socket?.nsp?.server;
  return io && serverState(io).get(protectedServer);
}

/** Returns what is answered for an exception, which may be anything, such as an object that throws when it is read. */
function bodyFor(exception: unknown): ErrorBody {
  try {
    return errorBodyOf(exception, exception instanceof WsException ? statusOf(exception) : undefined);
  } catch {
    return errorBodyOf(undefined);
  }
}

/** Nest's text for what a guard of a gateway has refused. */
const FORBIDDEN = 'Forbidden resource';

/** A `WsException` has no status of its own, but may be made of an object that has one. */
function statusOf(exception: WsException): number {
  const error: unknown = exception.getError();
  if (error === FORBIDDEN) return HttpStatus.FORBIDDEN;
  const { statusCode, status = statusCode } = isObject(error) ? error : {};
  return Number.isInteger(status) && HttpStatus[status as number] ? (status as number) : HttpStatus.BAD_REQUEST;
}

function payloadFor(exception: unknown, body: ErrorBody, name: string, { maxNesting }: ProtectedServer): unknown {
  try {
    if (exception instanceof HttpException) return { status: 'error', message: body.message };
    if (!(exception instanceof WsException)) return UNKNOWN;
    const error: unknown = exception.getError();
    const payload = isObject(error) ? error : { status: 'error', message: error };
    return copyWithBinary(name, payload, maxNesting, withoutHiddenFields());
  } catch (error) {
    logFailure(logger, `${name} threw an exception that cannot be sent.`, error);
    return UNKNOWN;
  }
}
