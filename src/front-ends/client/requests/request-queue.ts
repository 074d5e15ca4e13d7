import type { SocketResponse } from '../../../protocol/request.js';
import type { Connection } from '../connection/connection.js';
import { RequestError, type RequestErrorDetails } from '../answers/request-error.js';
import { secondsUntilRoom } from '../answers/response.js';
import { abortReason } from './abort-signal.js';
import { InFlightLimit } from './in-flight-limit.js';
import { refusalOf } from './payload-size.js';
import { type OutgoingEvent, PendingRequest, type SendOptions } from './pending-request.js';

/**
 * Sends requests in order and matches answers to them. A request that is not settled is in one of two states:
 *
 * - `waiting`: not sent yet. It waits for the connection, or for room in the `InFlightLimit`.
 * - `sent`: sent, but not answered. If the connection is lost it fails, since the server may have handled it, or goes
 *   back to `waiting` if it may be sent again. It also goes back if the server answers that it had no room for it: once
 *   where the connection has sent too much.
 */
export class RequestQueue {
  #waiting = new Set<PendingRequest>();
  readonly #sent = new Map<number, PendingRequest>();
  /** Sent, and settled before the answer: the server may still do what it was asked. */
  readonly #abandoned = new Map<number, PendingRequest>();
  #last = 0;
  #limit: InFlightLimit | undefined;

  constructor(private readonly connection: Connection) {}

  async send(outgoing: OutgoingEvent, options: SendOptions): Promise<SocketResponse> {
    const request = this.#create(outgoing, options);
    if (this.#isRefused(request)) return request.answer;
    this.#waiting.add(request);
    this.#flush();
    return request.answer;
  }

  /** Sends a request before all others as soon as its argument is known: the connection may depend on it. */
  async sendFirst(
    outgoing: Omit<OutgoingEvent, 'argument'>,
    options: SendOptions,
    findArgument: () => Promise<object>,
  ): Promise<SocketResponse> {
    const whole = { ...outgoing, argument: {} };
    const request = this.#create(whole, options);
    findArgument().then(
      (argument) => {
        if (request.isSettled) return;
        const { status } = this.connection.state;
        if (status === 'closed') return request.fail(this.#notSent());
        whole.argument = argument;
        if (this.#isRefused(request)) return;
        this.#putFirst(request);
        if (status === 'connected') this.#limit?.bypass(() => this.#emit(request));
      },
      (error: unknown) => request.fail(error),
    );
    return request.answer;
  }

  /** Sends what waits on the new connection, after what `sendBefore` sends. */
  connected(sendBefore: () => void): void {
    this.#limit = InFlightLimit.of(this.connection.socket.io.engine);
    const waiting = this.#waiting;
    this.#waiting = new Set();
    sendBefore();
    for (const request of waiting) if (!this.#isRefused(request)) this.#waiting.add(request);
    this.#flush();
  }

  /**
   * Fails what was sent over the lost connection, except reads that may be sent again: the server may have handled it.
   */
  lost(reason: RequestError): void {
    const lost = [...this.#sent.values()];
    const again = lost.filter(({ options }) => options.whenLost === 'resend');
    const never = lost.filter(({ options }) => options.whenLost !== 'resend');
    const dropped = [...this.#waiting].filter(({ options }) => options.whenLost === 'drop');
    this.#sent.clear();
    this.#abandoned.clear();
    this.#putFirst(...again);
    for (const request of [...never, ...dropped]) request.fail(lostMidway(request, reason));
  }

  /** Fails everything: the connection is closed, and the client does not try to open another. */
  closed(reason: RequestError): void {
    const waiting = [...this.#waiting];
    for (const request of [...this.#sent.values()]) request.fail(lostMidway(request, reason));
    this.#abandoned.clear();
    for (const request of waiting) request.fail(this.#notSent());
  }

  #create(outgoing: OutgoingEvent, options: SendOptions): PendingRequest {
    if (options.signal?.aborted) throw abortReason(options.signal);
    const { status } = this.connection.state;
    if (status === 'closed') throw this.#notSent();
    const request = new PendingRequest(
      outgoing,
      options,
      () => request.fail(this.#timedOut(request)),
      () => this.#remove(request),
    );
    return request;
  }

  /** Fails a request that is too large for the connection, if there is one. */
  #isRefused(request: PendingRequest): boolean {
    if (this.connection.state.status !== 'connected') return false;
    const refusal = refusalOf(this.connection.socket, request.outgoing);
    if (refusal) request.fail(refusal);
    return refusal !== undefined;
  }

  #remove(request: PendingRequest): void {
    this.#waiting.delete(request);
    if (!this.#sent.delete(request.number)) return;
    this.#limit?.release();
    if (request.options.onLateAnswer) this.#abandoned.set(request.number, request);
  }

  #putFirst(...requests: readonly PendingRequest[]): void {
    this.#waiting = new Set([...requests, ...this.#waiting]);
  }

  #flush(): void {
    this.#limit?.enqueue(this.#emitNext);
  }

  readonly #emitNext = (limit: InFlightLimit): boolean => {
    const [request] = this.#waiting;
    // The limit of an earlier connection may still wait.
    const isOpen = limit === this.#limit && this.connection.state.status === 'connected';
    return isOpen && request !== undefined && this.#emit(request);
  };

  #emit(request: PendingRequest): boolean {
    const { socket } = this.connection;
    const { outgoing } = request;
    const buffered = socket.sendBuffer.length;
    // A request that is sent again keeps its position.
    if (request.number === Infinity) request.number = ++this.#last;
    const { number } = request;
    this.#waiting.delete(request);
    this.#sent.set(number, request);
    // The callback holds only a number: without an answer, Socket.IO keeps it until the connection ends.
    socket.emit(outgoing.event, outgoing.argument, (answer: unknown) => this.#receive(number, answer));
    if (socket.sendBuffer.length === buffered) {
      request.options.onSent?.();
      return true;
    }
    // Socket.IO has just noticed that the connection is dead, and would send this on the next one, whether it is still
    // wanted or not.
    socket.sendBuffer.length = buffered;
    this.#sent.delete(number);
    this.#putFirst(request);
    return false;
  }

  #receive(number: number, answer: unknown): void {
    const request = this.#sent.get(number);
    const seconds = secondsUntilRoom(answer);
    if (!request) this.#abandoned.get(number)?.answerLate(answer);
    else if (seconds <= request.patience) this.#sendAgain(request, seconds);
    else request.succeed(answer);
    this.#abandoned.delete(number);
  }

  #sendAgain(request: PendingRequest, seconds: number): void {
    const { number } = request;
    this.#sent.delete(number);
    if (seconds > 0) request.patience = 0;
    this.#limit?.shrink(seconds);
    const before = [...this.#waiting].filter((other) => other.number < number);
    this.#putFirst(...before, request);
    this.#flush();
  }

  #timedOut({ number, outgoing: { name }, options: { timeout } }: PendingRequest): RequestError {
    const sent = this.#sent.has(number);
    const { status, reason: cause } = this.connection.state;
    const unsent = status === 'connected' ? 'no room for it' : 'no connection';
    const missing = sent ? 'no answer' : `${unsent}${cause ? ` (${cause.message})` : ''}`;
    return new RequestError(`${name}: ${missing} within ${timeout} ms`, { code: 'TIMEOUT', sent, cause });
  }

  #notSent(): RequestError {
    const { reason } = this.connection.state;
    if (!reason) return new RequestError('There is no connection yet: call connect() first', { code: 'CLOSED' });
    const details: RequestErrorDetails = reason;
    return new RequestError(reason.message, { ...details, cause: reason });
  }
}

function lostMidway({ outgoing: { name } }: PendingRequest, cause: RequestError): RequestError {
  const message = `${name}: the connection was lost before the response, so it may or may not have been done`;
  const code = cause.code === 'CLOSED' ? 'CLOSED' : 'CONNECTION_LOST';
  return new RequestError(message, { code, sent: true, cause });
}
