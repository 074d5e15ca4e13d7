import type { Socket } from 'socket.io';
import { FailureLog, LineLogger } from '../../common/log.js';
import type { ErrorBody } from '../../protocol/request.js';
import { hearingRooms } from '../cluster/bus.js';

const failures = new FailureLog(new LineLogger('SocketsModule'));

type Acknowledge = (...values: unknown[]) => void;

/** By the callback that Socket.IO has made for the acknowledgement, which all listeners of an event share. */
const pending = new WeakMap<Acknowledge, PendingAnswer>();

/**
 * Answers one message of a client once: with what the first of its handlers returns or, when all of them are done, with
 * what has failed, or with nothing. Several gateways may handle the same message.
 */
export class PendingAnswer {
  /** How many handlers, and filters of theirs, are at work. */
  private running = 0;
  private handlers = 0;
  private mayBeTaken = false;
  private isSent = false;
  private failure: ErrorBody | undefined;
  private nothing: readonly unknown[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly event: string | symbol,
    private readonly acknowledge: Acknowledge,
  ) {}

  /** Returns the answer that a message waits for; `undefined` if its client has asked for none. */
  static to(socket: Socket, event: string | symbol, acknowledge: unknown): PendingAnswer | undefined {
    if (typeof acknowledge !== 'function') return undefined;
    const known = pending.get(acknowledge as Acknowledge);
    if (known) return known;
    const answer = new PendingAnswer(socket, event, acknowledge as Acknowledge);
    pending.set(acknowledge as Acknowledge, answer);
    return answer;
  }

  /** Whether somebody still waits for the answer. */
  get isOpen(): boolean {
    return !this.isSent;
  }

  /** @param mayAcknowledge the handler may answer by itself, and be done long before it does */
  begin(mayAcknowledge: boolean): void {
    this.running++;
    this.handlers++;
    this.mayBeTaken ||= mayAcknowledge;
  }

  /** Waits for something else before the answer is given up. */
  hold(): void {
    this.running++;
  }

  /** Ends what `begin()` or `hold()` has begun. */
  end(): void {
    if (--this.running > 0 || this.isSent) return;
    if (this.failure) this.send(this.failure);
    else if (!this.mayBeTaken && this.hasNoOtherListener()) this.send(...this.nothing);
  }

  send(...values: readonly unknown[]): void {
    if (this.isSent) return;
    this.isSent = true;
    // A handler may have had the socket join a room.
    const heard = hearingRooms(this.socket.nsp.server);
    const acknowledge = (): void => this.acknowledge(...values);
    if (!heard) return acknowledge();
    // Nobody awaits it: what was thrown would end the process.
    heard.then(acknowledge).catch((error: unknown) => failures.report('A message was not answered.', error));
  }

  /** Sets the answer for the case that there will be no other. */
  fail(failure: ErrorBody): void {
    this.failure ??= failure;
  }

  /** A handler has returned `null`, which is an answer if there is no other. */
  returnNull(): void {
    this.nothing = [null];
  }

  private hasNoOtherListener(): boolean {
    return this.socket.listenerCount(this.event) <= this.handlers;
  }
}
