import type { Socket } from 'socket.io-client';
import type { Expiry } from '../../../protocol/reauthentication.js';
import { RequestError } from '../answers/request-error.js';
import { callListener } from '../resource-listeners.js';
import { readErrorBody } from '../answers/response.js';
import { Backoff } from './backoff.js';
import { canRefresh } from './credentials.js';
import { followHandshake } from './handshake.js';

/**
 * - `connecting`: there was no connection yet; the client tries until there is one.
 * - `connected`
 * - `reconnecting`: the connection was lost; the client tries until it is back.
 * - `closed`: there is no connection, and the client does not try. `connect()` opens it again.
 *
 * A server that refuses the connection closes it. If it refused the credentials (401), and the option `auth` is a
 * function that now gives others, the client tries once more with those. If the server failed to decide (a status of
 * 500 or more), the client keeps trying, as often and with the delays that Socket.IO's reconnection options specify.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** The state of the connection, and the reason for it. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /**
   * Why there is no connection, as far as it is known: requests that need one fail with it. While there is a
   * connection: its credentials have expired (`EXPIRED`), and the server will close it unless `reauthenticate()` gives
   * it new ones.
   */
  readonly reason?: RequestError;
}

type StateListener = (state: ConnectionState) => void;

/** Follows a socket of Socket.IO and reduces its events to one of four states, each with its reason. */
export class Connection {
  #current: ConnectionState;
  /** Why the server is about to close the connection, if it has said so. */
  #closeReason: RequestError | undefined;
  readonly #listeners = new Set<{ listener: StateListener }>();
  readonly #backoff: Backoff;
  /** Whether newer credentials were tried since there was a connection. */
  #hasTriedAgain = false;

  /**
   * @param onTransition called with each new state before the listeners are
   * @param renewCredentials asks the option `auth`, a function, and says whether the next connection begins with others
   */
  constructor(
    readonly socket: Socket,
    private readonly onTransition: StateListener,
    private readonly renewCredentials: (socket: Socket) => Promise<boolean>,
  ) {
    this.#current = { status: socket.active ? 'connecting' : 'closed' };
    const { io: manager } = socket;
    this.#backoff = new Backoff(manager);
    socket.on('connect', () => {
      this.#closeReason = undefined;
      this.#hasTriedAgain = false;
      this.#enter({ status: 'connected' });
    });
    socket.on('connect_error', (error) => {
      if (socket.active) this.#enterUnconnected(unreachable(error));
      else this.#enterRefused(refusal(error));
    });
    socket.on('disconnect', (why) => {
      if (why === 'io client disconnect') this.#enter({ status: 'closed', reason: closedByClient() });
      else if (why === 'io server disconnect')
        this.#enter({ status: 'closed', reason: this.#closeReason ?? closedByServer() });
      else this.#enterUnconnected(lost(why));
    });
    followHandshake(manager);
    // Socket.IO makes the next connection right after this event.
    manager.on('reconnect_attempt', () => queueMicrotask(() => followHandshake(manager)));
    manager.on('reconnect_failed', () => {
      if (socket.active) this.#enter({ ...this.#current, status: 'closed' });
    });
  }

  get state(): ConnectionState {
    return this.#current;
  }

  onState(listener: StateListener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    callListener(listener, this.#current);
    return () => void this.#listeners.delete(entry);
  }

  /** Whether the server has refused the connection, so that there is none until there are other credentials. */
  get isRefused(): boolean {
    const { status, reason } = this.#current;
    return status === 'closed' && !!reason?.statusCode;
  }

  open(): void {
    if (this.#current.status !== 'closed') return;
    this.#hasTriedAgain = false;
    const opening: ConnectionState = { status: 'connecting' };
    this.#enter(opening);
    // A listener may have closed it.
    if (this.#current === opening) this.#connect();
  }

  close(): void {
    const current = this.#current;
    this.socket.disconnect();
    // Socket.IO emits nothing if there was no connection. If it did, a listener may have opened the next one.
    if (this.#current === current && current.status !== 'closed') {
      this.#enter({ status: 'closed', reason: closedByClient() });
    }
  }

  /**
   * The credentials have expired. The connection lasts for the grace period that the server gave; the reason for its
   * end is already known.
   */
  expired({ grace, ...body }: Expiry): void {
    const reason = new RequestError(body.message, { ...body, body });
    if (grace === 0) this.#closeReason = reason;
    else if (this.#current.status === 'connected') this.#notify({ status: 'connected', reason });
  }

  /** The server has accepted new credentials. */
  renewed(): void {
    const { status, reason } = this.#current;
    if (status === 'connected' && reason) this.#notify({ status });
  }

  /** There are no credentials to connect with, which may be temporary. */
  failed(reason: RequestError): void {
    if (!this.socket.active || this.socket.connected) return;
    // Otherwise Socket.IO would wait for credentials that never come.
    this.socket.disconnect();
    if (this.#backoff.retry(() => this.#connect())) this.#enterUnconnected(reason);
    else this.#enter({ status: 'closed', reason });
  }

  #connect(): void {
    this.socket.connect();
    followHandshake(this.socket.io);
  }

  /**
   * Socket.IO stops trying once it was refused. A server error may be temporary, though, and so is that there are too
   * many; a decision is not.
   */
  #enterRefused(reason: RequestError): void {
    const isTemporary = reason.statusCode >= 500 || reason.statusCode === 429;
    const isRetried = isTemporary && this.#backoff.retry(() => this.#connect());
    if (isRetried) this.#enterUnconnected(reason);
    else if (reason.statusCode === 401 && !this.#hasTriedAgain && canRefresh(this.socket)) void this.#tryAgain(reason);
    else this.#enter({ status: 'closed', reason });
  }

  /** Asks for newer credentials, since a token may just have expired, and connects with them if there are any. */
  async #tryAgain(reason: RequestError): Promise<void> {
    this.#hasTriedAgain = true;
    this.#enterUnconnected(reason);
    const asking = this.#current;
    const isNewer = await this.renewCredentials(this.socket);
    // A listener may have closed it, or opened it again.
    if (this.#current !== asking || asking.status === 'closed') return;
    if (isNewer) this.#connect();
    else this.#enter({ status: 'closed', reason });
  }

  /** Socket.IO keeps trying, unless its options say not to. */
  #enterUnconnected(reason: RequestError): void {
    const { status } = this.#current;
    if (!this.socket.io.reconnection()) return this.#enter({ status: 'closed', reason });
    this.#enter({
      status: status === 'connected' || status === 'reconnecting' ? 'reconnecting' : 'connecting',
      reason,
    });
  }

  #enter(state: ConnectionState): void {
    this.#current = state;
    if (state.status === 'connected' || state.status === 'closed') this.#backoff.reset();
    this.onTransition(state);
    if (this.#current === state) this.#notify(state);
  }

  #notify(state: ConnectionState): void {
    this.#current = state;
    for (const { listener } of [...this.#listeners]) {
      // A listener that closed or opened the connection has already notified everybody of the newer state.
      if (this.#current === state) callListener(listener, state);
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
  return new RequestError(message, { code: 'CONNECTION_REFUSED', ...readErrorBody(body), body, cause });
}
