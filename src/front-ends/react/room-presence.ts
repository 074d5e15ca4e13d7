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
   * called for each connection, and again, a little later, where it fails with what may be temporary.
   */
  enter: (sockets: SocketsClient) => Promise<readonly PresentUser<User>[]>;
  /** Leaves the room, by a route with `@LeaveRoom`, some time after the last component of the room was unmounted. */
  leave?: ((sockets: SocketsClient) => Promise<unknown>) | undefined;
}

/** What `usePresence` returns. It is the same object until something of it changes. */
export interface PresenceState<User = unknown> {
  /** Who is in the room. */
  readonly users: readonly PresentUser<User>[];
  /** Why this client is not in the room, or was not told who is. */
  readonly error?: RequestError;
}

export const NOBODY: PresenceState<never> = { users: [] };

/** How long it takes until entering is tried again that has failed for a while, and at most, in milliseconds. */
const [AGAIN, AGAIN_AT_MOST] = [1_000, 30_000];

/** How long a room is kept after the last component has left it, in milliseconds. */
const LINGER = 1_000;

interface Component {
  readonly listener: () => void;
  readonly options: () => PresenceOptions;
}

/** Who is in one room, for all components of a client that show it. */
export class RoomPresence {
  #state: PresenceState = NOBODY;
  readonly #users = new Map<string, PresentUser>();
  /** Messages that came before this client was told who is there. */
  #early: PresenceMessage[] | undefined;
  #failures = 0;
  /** Entering and leaving, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Tells apart the connection of now from those before. */
  #visit = 0;
  readonly #components = new Set<Component>();
  /** The one that was mounted last, of those that are or, if none is, of those that were. */
  #last: Component | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;

  constructor(
    private readonly sockets: SocketsClient,
    private readonly room: string,
    private readonly onEnd: () => void,
  ) {}

  readonly getSnapshot = (): PresenceState => this.#state;

  /** @param options what the component was given by its last render */
  subscribe(listener: () => void, options: () => PresenceOptions): () => void {
    const component: Component = { listener, options };
    this.#components.add(component);
    this.#last = component;
    clearTimeout(this.#leaving);
    this.#stop ??= this.#begin();
    return () => {
      this.#components.delete(component);
      this.#last = [...this.#components].at(-1) ?? component;
      if (this.#components.size === 0) this.#leaving = setTimeout(() => this.#end(), LINGER);
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
    clearTimeout(this.#retrying);
    this.#visit++;
    this.#early = undefined;
    this.#show([]);
    const leave = this.#last?.options().leave;
    if (leave && this.sockets.state.status === 'connected') this.#next(() => leave(this.sockets));
    const turn = this.#turn;
    // Whoever comes meanwhile enters after it has left.
    void turn.then(() => turn === this.#turn && !this.#stop && this.onEnd());
  }

  #enter(): void {
    const visit = ++this.#visit;
    clearTimeout(this.#retrying);
    this.#early = [];
    this.#next(async () => {
      if (visit !== this.#visit) return;
      try {
        const users = await this.#last?.options().enter(this.sockets);
        if (visit === this.#visit) this.#entered(users);
      } catch (error) {
        if (visit === this.#visit) this.#failed(error as RequestError);
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

  #entered(users: readonly PresentUser[] = []): void {
    this.#failures = 0;
    this.#users.clear();
    for (const user of users) this.#users.set(user.id, user);
    this.#takeEarly();
    this.#show();
  }

  /** Shows why it is not in the room, or not told who is, and who comes and goes if it hears of that. */
  #failed(error: RequestError): void {
    this.#takeEarly();
    this.#show([...this.#users.values()], error);
    const { statusCode } = error;
    const isTemporary = statusCode === 0 || statusCode === 429 || statusCode >= 500;
    if (!isTemporary) return;
    const wait = Math.min(AGAIN * 2 ** this.#failures++, AGAIN_AT_MOST);
    // Clients that have failed together come back one by one.
    this.#retrying = setTimeout(
      () => this.sockets.state.status === 'connected' && this.#enter(),
      wait * (0.5 + Math.random() / 2),
    );
  }

  #takeEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#apply(message);
  }

  #receive(message: PresenceMessage): void {
    if (message.room !== this.room) return;
    if (this.#early) return void this.#early.push(message);
    this.#apply(message);
    this.#show([...this.#users.values()], this.#state.error);
  }

  #apply({ id, status, user }: PresenceMessage): void {
    if (status === 'left') this.#users.delete(id);
    else this.#users.set(id, user === undefined ? { id } : { id, user });
  }

  #show(users = [...this.#users.values()], error?: RequestError): void {
    if (users.length === 0) this.#users.clear();
    this.#state = { users, ...(error && { error }) };
    for (const { listener } of [...this.#components]) listener();
  }
}
