import type { DiscoveryService } from '@nestjs/core';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { Observable, type Unsubscribable } from 'rxjs';
import type { Namespace, Server, Socket } from 'socket.io';
import { LineLimit, LineLogger, logFailure } from '../../common/log.js';
import { once } from '../../common/promises.js';
import { runForRequester } from '../../common/requester-context.js';
import { refusalsOf } from '../metrics.js';
import { protectServer } from './exception-filters.js';
import { findGateways, type GatewayHandler } from './gateways.js';
import { HandledMessage, type MessageHandler, type ResultFailures } from './handled-message.js';
import { PendingAnswer } from './pending-answer.js';
import { answerUnknownEvents } from './unknown-events.js';

type Transform = (result: unknown) => Observable<unknown>;

/** How many lines about results are logged in each period, and how long that is, in milliseconds. */
const MAX_LINES = 10;
const PERIOD = 60_000;

/**
 * Protects the handlers of gateways from their clients, and clients from them: nothing that a handler returns or throws
 * ends the process, and whoever has asked for an acknowledgement gets one.
 */
export class ProtectedHandlers implements ResultFailures {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly lines = new LineLimit(MAX_LINES, PERIOD);
  private readonly gateways = once(() => findGateways(this.discovery));
  /** What was found out for earlier sockets of a namespace: each connection has the same handlers. */
  private readonly knownIn = new WeakMap<Namespace, MessageHandler[][]>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly maxNesting: number,
  ) {}

  attach(io: Server): void {
    protectServer(io, { maxNesting: this.maxNesting, nameOf: (namespace, event) => this.nameOf(namespace, event) });
    answerUnknownEvents(io, (namespace, event) => this.handlersOf(namespace, event).length > 0);
  }

  /**
   * Puts a protected handler in the place of each that Nest binds. It sends its results by itself and leaves none to
   * Nest, which would take any record with a field `event` for an instruction, and hand the rest to Socket.IO as it is.
   */
  protect(socket: Socket, handlers: MessageMappingProperties[], transform: Transform): MessageMappingProperties[] {
    const known = this.known(socket.nsp, handlers);
    return handlers.map((handler, index) => ({
      ...handler,
      callback: (data: unknown, acknowledge: unknown) => {
        const answer = PendingAnswer.to(socket, handler.message as string, acknowledge);
        const message = new HandledMessage(socket, known[index], answer, this, this.maxNesting);
        return handled(message, () =>
          runForRequester(socket, () => transform(handler.callback(data, message.acknowledge)).subscribe(message)),
        );
      },
    }));
  }

  /** Takes down a result that is not sent. */
  refuse(socket: Socket, line: string, cause: unknown): void {
    refusalsOf(socket.nsp.server).add('gatewayResult');
    const omitted = this.lines.next();
    if (omitted === undefined) return;
    const whole = omitted === 0 ? line : `${line} (${omitted} more lines of this kind were left out.)`;
    if (cause === undefined) this.logger.error(whole);
    else logFailure(this.logger, whole, cause);
  }

  /** Takes down a failure of what handles the errors of a handler. */
  report(name: string, error: unknown): void {
    logFailure(this.logger, `${name} failed, and so did what handles its errors.`, error);
  }

  /**
   * Returns what is known of handlers that Nest binds together, which are those of one gateway. Nest does not say of
   * which, so it is the one with the same events.
   */
  private known(namespace: Namespace, bound: readonly MessageMappingProperties[]): MessageHandler[] {
    const inNamespace = this.knownIn.get(namespace) ?? [];
    this.knownIn.set(namespace, inNamespace);
    const known = inNamespace.find((handlers) => areOf(handlers, bound));
    if (known) return known;
    const found = this.find(namespace.name, bound);
    inNamespace.push(found);
    return found;
  }

  private find(namespace: string, bound: readonly MessageMappingProperties[]): MessageHandler[] {
    const gateways = this.gateways().filter(
      ({ handlers }) =>
        handlers.length === bound.length &&
        handlers.every((handler, index) => handler.event === bound[index].message && isIn(namespace, handler)),
    );
    return bound.map(({ message, isAckHandledManually }, index) => {
      const event = message as unknown;
      const handlers = gateways.map((gateway) => gateway.handlers[index]);
      const name = handlers.length > 0 ? namesOf(handlers) : this.nameOf(namespace, event);
      // Of a handler that is not known, nothing is.
      const mayAcknowledge = handlers.length === 0 || handlers.some((handler) => handler.mayAcknowledge);
      return { name, event, isAckHandledManually, mayAcknowledge: isAckHandledManually || mayAcknowledge };
    });
  }

  private handlersOf(namespace: string, event: unknown): GatewayHandler[] {
    const handlers = this.gateways().flatMap((gateway) => gateway.handlers);
    return handlers.filter((handler) => handler.event === event && isIn(namespace, handler));
  }

  private nameOf(namespace: string, event: unknown): string {
    return namesOf(this.handlersOf(namespace, event)) || 'A handler of a gateway';
  }
}

function areOf(handlers: readonly MessageHandler[], bound: readonly MessageMappingProperties[]): boolean {
  return (
    handlers.length === bound.length &&
    handlers.every(
      ({ event, isAckHandledManually }, index) =>
        event === bound[index].message && isAckHandledManually === bound[index].isAckHandledManually,
    )
  );
}

function isIn(namespace: string, handler: GatewayHandler): boolean {
  return handler.namespace === undefined || handler.namespace === namespace;
}

function namesOf(handlers: readonly GatewayHandler[]): string {
  return handlers.map(({ name }) => name).join(' or ');
}

/** Makes what stands for a handled message in Nest: it has no values, and never fails. */
function handled(message: HandledMessage, subscribe: () => Unsubscribable): Observable<never> {
  return new Observable((subscriber) => {
    message.begin(() => subscriber.complete());
    try {
      return subscribe();
    } catch (error) {
      return message.error(error);
    }
  });
}
