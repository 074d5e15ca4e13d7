import type { Socket } from 'socket.io-client';
import type { Expiry } from '../../protocol/reauthentication.js';
import { RequestError } from '../request-error.js';
import { tell } from '../resource-listeners.js';
import { told } from '../response.js';
import { Backoff } from './backoff.js';

/**
 * - `connecting`: there was no connection yet; the client tries until there is one.
 * - `connected`
 * - `reconnecting`: the connection was lost; the client tries until it is back.
 * - `closed`: there is none, and the client does not try. `connect()` opens it again.
 *
 * A server that refuses the connection closes it. If it failed to decide (a status of 500 or more) the client goes on trying, as often and as late as the
 * options of Socket.IO for reconnecting say.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** How the connection is, and why. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /**
   * Why there is no connection, as far as it is known: what requests that need one fail with. While there is one: that its credentials have expired (`EXPIRED`), so
   * that the server will close it unless `reauthenticate()` gives it others.
   */
  readonly reason?: RequestError;
}

type StateListener = (state: ConnectionState) => void;

/** A socket of Socket.IO as one of four states. */
export class Connection {
  private current: ConnectionState;
  /** Why the server closes the connection, if it has said so. */
  private ending: RequestError | undefined;
  private readonly listeners = new Set<{ listener: StateListener }>();
  private readonly backoff: Backoff;

  /** @param follow told of each state before anybody else is */
  constructor(
    readonly socket: Socket,
    private readonly follow: StateListener,
  ) {
    this.current = { status: socket.active ? 'connecting' : 'closed' };
    const { io: manager } = socket;
    this.backoff = new Backoff(manager);
    socket.on('connect', () => {
      this.ending = undefined;
      this.become({ status: 'connected' });
    });
    socket.on('connect_error', (error) => {
      if (socket.active) this.becomeUnconnected(unreachable(error));
      else this.becomeRefused(refusal(error));
    });
    socket.on('disconnect', (why) => {
      if (why === 'io client disconnect') this.become({ status: 'closed', reason: closedByClient() });
      else if (why === 'io server disconnect')
        this.become({ status: 'closed', reason: this.ending ?? closedByServer() });
      else this.becomeUnconnected(lost(why));
    });
    manager.on('reconnect_failed', () => {
      if (socket.active) this.become({ ...this.current, status: 'closed' });
    });
  }

  get state(): ConnectionState {
    return this.current;
  }

  onState(listener: StateListener): () => void {
    const entry = { listener };
    this.listeners.add(entry);
    tell(listener, this.current);
    return () => void this.listeners.delete(entry);
  }

  open(): void {
    if (this.current.status !== 'closed') return;
    const opening: ConnectionState = { status: 'connecting' };
    this.become(opening);
    // A listener may have closed it.
    if (this.current === opening) this.socket.connect();
  }

  close(): void {
    const { current } = this;
    this.socket.disconnect();
    // Socket.IO says nothing where there was no connection. Where it did, a listener may have opened the next.
    if (this.current === current && current.status !== 'closed') {
      this.become({ status: 'closed', reason: closedByClient() });
    }
  }

  /** The credentials have expired. It goes on for a while, which the server says: there is a reason for its end already. */
  expire({ grace, ...body }: Expiry): void {
    const reason = new RequestError(body.message, { ...body, body });
    if (grace === 0) this.ending = reason;
    else if (this.current.status === 'connected') this.show({ status: 'connected', reason });
  }

  /** There is nothing to connect with. That may pass. */
  fail(reason: RequestError): void {
    if (!this.socket.active || this.socket.connected) return;
    // It would wait for what does not come.
    this.socket.disconnect();
    if (this.backoff.retry(() => this.socket.connect())) this.becomeUnconnected(reason);
    else this.become({ status: 'closed', reason });
  }

  /** There are new ones. */
  renew(): void {
    const { status, reason } = this.current;
    if (status === 'connected' && reason) this.show({ status });
  }

  /** Socket.IO tries no more. A fault of the server may pass, though; what it has decided does not. */
  private becomeRefused(reason: RequestError): void {
    const isTriedAgain = reason.statusCode >= 500 && this.backoff.retry(() => this.socket.connect());
    if (isTriedAgain) this.becomeUnconnected(reason);
    else this.become({ status: 'closed', reason });
  }

  /** Socket.IO goes on trying, unless it was told not to. */
  private becomeUnconnected(reason: RequestError): void {
    const { status } = this.current;
    if (!this.socket.io.reconnection()) return this.become({ status: 'closed', reason });
    this.become({
      status: status === 'connected' || status === 'reconnecting' ? 'reconnecting' : 'connecting',
      reason,
    });
  }

  private become(state: ConnectionState): void {
    this.current = state;
    if (state.status === 'connected' || state.status === 'closed') this.backoff.reset();
    this.follow(state);
    if (this.current === state) this.show(state);
  }

  private show(state: ConnectionState): void {
    this.current = state;
    for (const { listener } of [...this.listeners]) {
      // Whoever closes or opens the connection when he hears of it, has told everybody the newer state.
      if (this.current === state) tell(listener, state);
    }
  }
}

const lost = (why: string): RequestError =>
  new RequestError(`The connection was lost: ${why}`, { code: 'CONNECTION_LOST' });

const unreachable = (cause: Error): RequestError =>
  new RequestError(`The server cannot be reached: ${cause.message}`, { code: 'SERVER_UNREACHABLE', cause });

const closedByClient = (): RequestError => new RequestError('The connection was closed by close()', { code: 'CLOSED' });

const closedByServer = (): RequestError =>
  new RequestError('The server closed the connection', { code: 'CLOSED_BY_SERVER' });

function refusal(cause: Error & { data?: unknown }): RequestError {
  const { message, data: body } = cause;
  return new RequestError(message, { code: 'CONNECTION_REFUSED', ...told(body), body, cause });
}
