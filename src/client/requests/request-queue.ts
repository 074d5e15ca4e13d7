import type { SocketResponse } from '../../protocol/request.js';
import { abortReason } from '../assertions.js';
import { isNoRoom } from '../response.js';
import type { Connection } from '../connection/connection.js';
import { Lane } from './in-flight-limit.js';
import { type Outgoing, PendingRequest, type Terms } from './pending-request.js';
import { RequestError } from '../request-error.js';

/** Those that wait for the connection, in their order, and those that wait for their answer. */
export class PendingRequests {
  private waiting = new Set<PendingRequest>();
  private readonly sent = new Map<number, PendingRequest>();
  private last = 0;
  private lane: Lane | undefined;

  constructor(private readonly connection: Connection) {}

  async ask(outgoing: Outgoing, terms: Terms): Promise<SocketResponse> {
    const request = this.begin(outgoing, terms);
    this.waiting.add(request);
    this.sendWaiting();
    return request.answer;
  }

  /** As soon as its argument is there, before all others: the connection may depend on it. */
  async askFirst(
    outgoing: Omit<Outgoing, 'argument'>,
    terms: Terms,
    find: () => Promise<object>,
  ): Promise<SocketResponse> {
    const whole = { ...outgoing, argument: {} };
    const request = this.begin(whole, terms);
    find().then(
      (argument) => {
        if (request.isOver) return;
        const { status } = this.connection.state;
        if (status === 'closed') return request.fail(this.neverSent());
        whole.argument = argument;
        this.waiting = new Set([request, ...this.waiting]);
        if (status === 'connected') this.lane?.jump(() => this.send(request));
      },
      (error: unknown) => request.fail(error),
    );
    return request.answer;
  }

  private begin(outgoing: Outgoing, terms: Terms): PendingRequest {
    if (terms.signal?.aborted) throw abortReason(terms.signal);
    const { status } = this.connection.state;
    if (status === 'closed') throw this.neverSent();
    const request = new PendingRequest(
      outgoing,
      terms,
      () => request.fail(this.late(request)),
      () => this.forget(request),
    );
    return request;
  }

  /** There is a connection. Whatever is asked by this is sent before those that wait already. */
  sendFirst(ask: () => void): void {
    this.lane = Lane.of(this.connection.socket.io.engine);
    const { waiting } = this;
    this.waiting = new Set();
    ask();
    this.waiting = new Set([...this.waiting, ...waiting]);
    this.sendWaiting();
  }

  /** The connection went away. What was on its way may have been done, so it is not sent again, unless the caller wanted that. */
  lose(reason: RequestError): void {
    const lost = [...this.sent.values()];
    const again = lost.filter(({ terms }) => terms.whenLost === 'is sent again');
    const never = lost.filter(({ terms }) => terms.whenLost !== 'is sent again');
    const dropped = [...this.waiting].filter(({ terms }) => terms.whenLost === 'is dropped');
    for (const _ of lost) this.lane?.leave();
    this.sent.clear();
    this.waiting = new Set([...again, ...this.waiting]);
    for (const request of [...never, ...dropped]) request.fail(midway(request, reason));
  }

  /** The connection went away, and the client does not look for another. */
  end(reason: RequestError): void {
    const waiting = [...this.waiting];
    for (const request of [...this.sent.values()]) request.fail(midway(request, reason));
    for (const request of waiting) request.fail(this.neverSent());
  }

  private forget(request: PendingRequest): void {
    this.waiting.delete(request);
    if (this.sent.delete(request.number)) this.lane?.leave();
  }

  private sendWaiting(): void {
    this.lane?.enter(this.sendNext);
  }

  private readonly sendNext = (): boolean => {
    const [request] = this.waiting;
    return request !== undefined && this.connection.state.status === 'connected' && this.send(request);
  };

  private send(request: PendingRequest): boolean {
    const { socket } = this.connection;
    const { outgoing } = request;
    const buffered = socket.sendBuffer.length;
    // A second time it keeps its place.
    if (request.number === Infinity) request.number = ++this.last;
    const { number } = request;
    this.waiting.delete(request);
    this.sent.set(number, request);
    // Knows nothing but a number: Socket.IO keeps it until the connection ends, if there is no answer.
    socket.emit(outgoing.event, outgoing.argument, (answer: unknown) => this.receive(number, answer));
    if (socket.sendBuffer.length === buffered) return true;
    // Socket.IO has just seen that the connection is dead. It would send this after the next one has begun, whether it is still wanted or not.
    socket.sendBuffer.length = buffered;
    this.sent.delete(number);
    this.waiting = new Set([request, ...this.waiting]);
    return false;
  }

  private receive(number: number, answer: unknown): void {
    const request = this.sent.get(number);
    if (!request) return;
    if (!isNoRoom(answer)) return request.succeed(answer);
    this.sent.delete(number);
    this.lane?.refuse();
    const before = [...this.waiting].filter((other) => other.number < number);
    this.waiting = new Set([...before, request, ...this.waiting]);
    this.sendWaiting();
  }

  private late({ number, outgoing: { name }, terms: { timeout } }: PendingRequest): RequestError {
    const sent = this.sent.has(number);
    const { status, reason: cause } = this.connection.state;
    const unsent = status === 'connected' ? 'no room for it, while others have no answer,' : 'no connection';
    const missing = sent ? 'no answer' : `${unsent}${cause ? ` (${cause.message})` : ''}`;
    return new RequestError(`${name}: ${missing} within ${timeout} ms`, { code: 'TIMEOUT', sent, cause });
  }

  private neverSent(): RequestError {
    const { reason } = this.connection.state;
    if (!reason) return new RequestError('There is no connection yet: call connect() first', { code: 'CLOSED' });
    const { message, statusCode, code, body } = reason;
    return new RequestError(message, { statusCode, code, body, cause: reason });
  }
}

function midway({ outgoing: { name } }: PendingRequest, cause: RequestError): RequestError {
  const message = `${name}: the connection went away before the answer came, so it may have been done or not`;
  const code = cause.code === 'CLOSED' ? 'CLOSED' : 'CONNECTION_LOST';
  return new RequestError(message, { code, sent: true, cause });
}
