import type { DiscoveryService } from '@nestjs/core';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { Namespace, Server, Socket } from 'socket.io';
import { LineLimit, LineLogger, logFailure } from '../../common/log.js';
import { once } from '../../common/promises.js';
import { refusalsOf } from '../metrics.js';
import { protectServer } from './exception-filters.js';
import { findGateways, type GatewayHandler } from './gateways.js';
import type { MessageHandler, ResultFailures } from './handled-message.js';
import { type Receiving, SharedListeners } from './shared-listeners.js';
import { answerUnknownEvents } from './unknown-events.js';

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
  /** The listeners of earlier sockets of a namespace, one entry for each gateway: each connection has the same. */
  private readonly listenersIn = new WeakMap<Namespace, SharedListeners[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly maxNesting: number,
  ) {}

  attach(io: Server): void {
    protectServer(io, { maxNesting: this.maxNesting, nameOf: (namespace, event) => this.nameOf(namespace, event) });
    answerUnknownEvents(io, (namespace, event) => this.handlersOf(namespace, event).length > 0);
  }

  /**
   * Binds protected handlers in the place of those that Nest would bind: listeners that all sockets share. They send
   * results by themselves and leave none to Nest, which would take any record with a field `event` for an instruction,
   * and hand the rest to Socket.IO as it is.
   */
  bind(socket: Socket, handlers: readonly MessageMappingProperties[], receiving: Receiving): void {
    const { nsp: namespace } = socket;
    const known = this.listenersIn.get(namespace) ?? [];
    this.listenersIn.set(namespace, known);
    // Nest does not say of which gateway the handlers are. Two may handle the same events: then both are bound.
    const shared =
      known.find((listeners) => listeners.areOf(handlers) && !listeners.has(socket)) ??
      new SharedListeners(this.find(namespace.name, handlers), receiving, this, this.maxNesting);
    if (!known.includes(shared)) known.push(shared);
    shared.bind(
      socket,
      handlers.map(({ callback }) => callback),
    );
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
   * Finds out what is known of handlers that Nest binds together, which are those of one gateway. Nest does not say of
   * which, so it is the one with the same events.
   */
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

function isIn(namespace: string, handler: GatewayHandler): boolean {
  return handler.namespace === undefined || handler.namespace === namespace;
}

function namesOf(handlers: readonly GatewayHandler[]): string {
  return handlers.map(({ name }) => name).join(' or ');
}
