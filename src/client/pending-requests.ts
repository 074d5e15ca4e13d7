import type { SocketResponse } from '../wire/socket-request.js';
import { abortReason } from './abort-signal.js';
import type { Connection } from './connection.js';
import { type Outgoing, PendingRequest, type Terms } from './pending-request.js';
import { RequestError } from './request-error.js';

/** How many may be without an answer at once; the rest waits. A server keeps so many for each connection, and refuses more, unless told otherwise. */
const MOST_SENT = 64;

/** Those that wait for the connection, in their order, and those that wait for their answer. */
export class PendingRequests {
  private waiting = new Set<PendingRequest>();
  private readonly sent = new Map<number, PendingRequest>();
  private last = 0;

  constructor(private readonly connection: Connection) {}

  async ask(outgoing: Outgoing, terms: Terms): Promise<SocketResponse> {
    if (terms.signal?.aborted) throw abortReason(terms.signal);
    const { status } = this.connection.state;
    if (status === 'closed') throw this.neverSent();
    const request = new PendingRequest(
      ++this.last,
      outgoing,
      terms,
      () => request.fail(this.late(request)),
      () => this.forget(request),
    );
    this.waiting.add(request);
    this.sendWaiting();
    return request.answer;
  }

  /** Whatever is asked by this is sent before those that wait already. */
  sendFirst(ask: () => void): void {
    const { waiting } = this;
    this.waiting = new Set();
    ask();
    this.waiting = new Set([...this.waiting, ...waiting]);
    this.sendWaiting();
  }

  /** The connection went away. What was on its way may have been done, so it is not sent again, unless the caller wanted that. */
  lose(reason: RequestError): void {
    const lost = [...this.sent.values()];
    const again = lost.filter(({ terms }) => terms.again);
    const never = lost.filter(({ terms }) => !terms.again);
    this.sent.clear();
    this.waiting = new Set([...again, ...this.waiting]);
    for (const request of never) request.fail(midway(request, reason));
  }

  /** The connection went away, and the client does not look for another. */
  end(reason: RequestError): void {
    const waiting = [...this.waiting];
    for (const request of [...this.sent.values()]) request.fail(midway(request, reason));
    for (const request of waiting) request.fail(this.neverSent());
  }

  private forget(request: PendingRequest): void {
    this.waiting.delete(request);
    // Makes room for the next.
    if (this.sent.delete(request.number)) this.sendWaiting();
  }

  private sendWaiting(): void {
    for (const request of this.waiting) {
      if (this.connection.state.status !== 'connected' || this.sent.size >= MOST_SENT || !this.send(request)) return;
    }
  }

  private send(request: PendingRequest): boolean {
    const { socket } = this.connection;
    const { number, outgoing } = request;
    const buffered = socket.sendBuffer.length;
    this.waiting.delete(request);
    this.sent.set(number, request);
    // Knows nothing but a number: Socket.IO keeps it until the connection ends, if there is no answer.
    socket.emit(outgoing.event, outgoing.argument, (answer: unknown) => this.sent.get(number)?.succeed(answer));
    if (socket.sendBuffer.length === buffered) return true;
    // Socket.IO has just seen that the connection is dead. It would send this after the next one has begun, whether it is still wanted or not.
    socket.sendBuffer.length = buffered;
    this.sent.delete(number);
    this.waiting = new Set([request, ...this.waiting]);
    return false;
  }

  private late({ number, outgoing: { name }, terms: { timeout } }: PendingRequest): RequestError {
    const sent = this.sent.has(number);
    const { reason: cause } = this.connection.state;
    const missing = sent ? 'no answer' : `no connection${cause ? ` (${cause.message})` : ''}`;
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
