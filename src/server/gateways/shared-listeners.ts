import type { MessageMappingProperties } from '@nestjs/websockets';
import type { Observable, Unsubscribable } from 'rxjs';
import type { Socket } from 'socket.io';
import { runForRequester } from '../../common/requester-context.js';
import { HandledMessage, type MessageHandler, type ResultFailures } from './handled-message.js';
import { PendingAnswer } from './pending-answer.js';

type Callback = MessageMappingProperties['callback'];

type Listener = (this: Socket, ...values: unknown[]) => void;

/** How Nest reads messages, and what handlers return. */
export interface Receiving {
  /** Tells what of a message is data, and what is the acknowledgement. */
  mapPayload(payload: unknown): { data: unknown; ack?: unknown };
  transform(result: unknown): Observable<unknown>;
}

/**
 * Listens to the messages of one gateway, with one listener for each handler, which all sockets share. Of a socket it
 * keeps nothing but the callbacks that Nest has made for it: chains of observables, as Nest's own adapter makes for
 * each handler of each socket, would cost more than the socket itself.
 */
export class SharedListeners {
  private readonly callbacks = new WeakMap<Socket, readonly Callback[]>();
  private readonly listeners: readonly Listener[];

  constructor(
    private readonly handlers: readonly MessageHandler[],
    private readonly receiving: Receiving,
    private readonly failures: ResultFailures,
    private readonly maxNesting: number,
  ) {
    this.listeners = handlers.map((_, index) => this.listenerFor(index));
  }

  /** Tells whether these are the handlers of this gateway, or of one that handles the same events. */
  areOf(bound: readonly MessageMappingProperties[]): boolean {
    return (
      this.handlers.length === bound.length &&
      this.handlers.every(
        ({ event, isAckHandledManually }, index) =>
          event === bound[index].message && isAckHandledManually === bound[index].isAckHandledManually,
      )
    );
  }

  has(socket: Socket): boolean {
    return this.callbacks.has(socket);
  }

  bind(socket: Socket, callbacks: readonly Callback[]): void {
    this.callbacks.set(socket, callbacks);
    for (const [index, { event }] of this.handlers.entries()) {
      socket.on(event as string, this.listeners[index]);
    }
  }

  private listenerFor(index: number): Listener {
    // oxlint-disable-next-line typescript/no-this-alias -- The listener's is the socket.
    const shared = this;
    return function (...values) {
      shared.receive(this, index, values.length > 1 ? values : values[0]);
    };
  }

  private receive(socket: Socket, index: number, payload: unknown): void {
    const callback = this.callbacks.get(socket)?.[index];
    if (!callback) return;
    const { data, ack } = this.receiving.mapPayload(payload);
    const handler = this.handlers[index];
    const answer = PendingAnswer.to(socket, handler.event as string, ack);
    const message = new HandledMessage(socket, handler, answer, this.failures, this.maxNesting);
    const work = new Work(socket);
    message.begin(work.end);
    try {
      work.began(
        runForRequester(socket, () => this.receiving.transform(callback(data, message.acknowledge)).subscribe(message)),
      );
    } catch (error) {
      message.error(error);
    }
  }
}

/** The handling of messages that goes on, by its socket. */
const working = new WeakMap<Socket, Set<Work>>();

/** Ends the work for a socket that is gone: an observable that a handler has returned may go on for ever. */
function abandon(this: Socket): void {
  const works = working.get(this);
  working.delete(this);
  for (const work of works ?? []) work.abandon();
}

/** The handling of one message. Only while it goes on does the socket have a listener to its disconnection. */
class Work {
  private isOver = false;
  private subscription: Unsubscribable | undefined;

  constructor(private readonly socket: Socket) {}

  readonly end = (): void => {
    this.isOver = true;
    const { socket } = this;
    const works = working.get(socket);
    if (!works?.delete(this) || works.size > 0) return;
    working.delete(socket);
    socket.off('disconnect', abandon);
  };

  began(subscription: Unsubscribable): void {
    if (this.isOver) return;
    if (!this.socket.connected) {
      subscription.unsubscribe();
      return;
    }
    this.subscription = subscription;
    const works = working.get(this.socket);
    if (works) {
      works.add(this);
      return;
    }
    working.set(this.socket, new Set([this]));
    // Before the listeners of the application, as with Nest's own adapter.
    this.socket.prependListener('disconnect', abandon);
  }

  abandon(): void {
    this.subscription?.unsubscribe();
  }
}
