import type { PresenceMessage, RequestError, SocketsClient } from '../client/index.js';

/** A user who is in a room, as `sockets.presence(room)` of the server gives them. */
export interface PresentUser<User = unknown> {
  /** In its written form, whatever type the application's ids have. */
  readonly id: string;
  /** What the server's option `presence.show` gives, if there is one. */
  readonly user?: User;
}

/** Options of `usePresence`. */
export interface PresenceOptions<User = unknown> {
  /**
   * Lets this client into the room, by a route with `@JoinRoom(…, { presence: true })`, and returns who is there. It is
   * called for each connection.
   */
  enter: (sockets: SocketsClient) => Promise<readonly PresentUser<User>[]>;
  /** Leaves the room, by a route with `@LeaveRoom`, some time after the last component of the room was unmounted. */
  leave?: (sockets: SocketsClient) => Promise<unknown>;
}

/** What `usePresence` returns. It is the same object until something of it changes. */
export interface PresenceState<User = unknown> {
  /** Who is in the room. */
  readonly users: readonly PresentUser<User>[];
  /** Why this client is not in the room. */
  readonly error?: RequestError;
}

export const NOBODY: PresenceState<never> = { users: [] };

/** How long a room is kept after the last component has left it, in milliseconds. */
const LINGER = 1_000;

/** Who is in one room, for all components of a client that show it. */
export class RoomPresence {
  #state: PresenceState = NOBODY;
  readonly #users = new Map<string, PresentUser>();
  /** Messages that came before this client was told who is there. */
  #early: PresenceMessage[] | undefined;
  #options: PresenceOptions;
  /** Entering and leaving, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Tells apart the connection of now from those before. */
  #visit = 0;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;

  constructor(
    private readonly sockets: SocketsClient,
    private readonly room: string,
    options: PresenceOptions,
    private readonly onEnd: () => void,
  ) {
    this.#options = options;
  }

  readonly getSnapshot = (): PresenceState => this.#state;

  subscribe(listener: () => void, options: PresenceOptions): () => void {
    this.#options = options;
    clearTimeout(this.#timer);
    const entry = (): void => listener();
    this.#listeners.add(entry);
    this.#stop ??= this.#begin();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.#timer = setTimeout(() => this.#end(), LINGER);
    };
  }

  #begin(): () => void {
    const { sockets } = this;
    const receive = (message: PresenceMessage): void => this.#receive(message);
    sockets.socket.on('presence', receive);
    const stops = [
      sockets.onState(({ status }) => status === 'connected' && this.#enter()),
      sockets.onRevoked((revocation) => {
        if ('everything' in revocation || ('room' in revocation && revocation.room === this.room)) this.#putOut();
      }),
    ];
    return () => {
      sockets.socket.off('presence', receive);
      for (const stop of stops) stop();
    };
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#visit++;
    this.#early = undefined;
    this.#show([]);
    const { leave } = this.#options;
    if (leave && this.sockets.state.status === 'connected') this.#next(() => leave(this.sockets));
    void this.#turn.then(() => this.#stop ?? this.onEnd());
  }

  #enter(): void {
    const visit = ++this.#visit;
    this.#early = [];
    this.#next(async () => {
      if (visit !== this.#visit) return;
      try {
        const users = await this.#options.enter(this.sockets);
        if (visit === this.#visit) this.#entered(users);
      } catch (error) {
        if (visit === this.#visit) this.#show([...this.#users.values()], error as RequestError);
      }
    });
  }

  /** Somebody has taken this client out of the room. */
  #putOut(): void {
    this.#show([]);
    // Whether it was let in before that or after it, only the next answer says.
    if (this.#early) this.#enter();
  }

  #next(act: () => Promise<unknown>): void {
    // Whoever leaves has no use for the error.
    this.#turn = this.#turn.then(act).catch(() => undefined);
  }

  #entered(users: readonly PresentUser[]): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#users.clear();
    for (const user of users) this.#users.set(user.id, user);
    for (const message of early) this.#apply(message);
    this.#show([...this.#users.values()]);
  }

  #receive(message: PresenceMessage): void {
    if (message.room !== this.room) return;
    if (this.#early) return void this.#early.push(message);
    this.#apply(message);
    this.#show([...this.#users.values()]);
  }

  #apply({ id, status, user }: PresenceMessage): void {
    if (status === 'left') this.#users.delete(id);
    else this.#users.set(id, user === undefined ? { id } : { id, user });
  }

  #show(users: PresentUser[], error?: RequestError): void {
    if (users.length === 0) this.#users.clear();
    this.#state = { users, ...(error && { error }) };
    for (const listener of [...this.#listeners]) listener();
  }
}
