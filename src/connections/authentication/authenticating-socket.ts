import type { Socket } from 'socket.io';
import { isRecord } from '../../common/type-guards.js';
import type { Handshake } from '../connection.options.js';
import { setUser, userOf } from '../identities.js';

/**
 * A socket during an attempt to authenticate: the socket as the application sees it, and the identity that the
 * application sets on it.
 */
export interface AuthenticatingSocket {
  /** The socket that is passed to the option `authenticate`. */
  readonly shown: Socket;
  /**
   * Returns the identity that `socket.data.user` holds for this attempt; it counts where `authenticate` returns none.
   */
  statedIdentity(): unknown;
}

/** A socket that is about to connect. Anything in its data was put there for this attempt. */
export class ConnectingSocket implements AuthenticatingSocket {
  constructor(readonly shown: Socket) {}

  statedIdentity(): unknown {
    return userOf(this.shown);
  }
}

/**
 * A connected socket that authenticates again.
 *
 * The application sees the socket with its new handshake. **An identity that was there before this attempt does not
 * count again**: only what the application writes to `socket.data.user` (or to `socket.data`) during the attempt is the
 * stated identity. It is written to the attempt, not to the socket, so that an attempt that is refused or times out
 * leaves the socket as it was. `adopt()` changes the socket, once the attempt has succeeded.
 */
export class ReauthenticatingSocket implements AuthenticatingSocket {
  readonly shown: Socket;
  /** The identity that the socket had before. */
  readonly identityBefore: unknown;
  private stated: { identity: unknown } | undefined;
  /** What the application has put in place of the socket's data. */
  private replacement: { data: unknown } | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly handshake: Handshake,
  ) {
    this.identityBefore = userOf(socket);
    this.shown = new Proxy(socket, {
      get: (target, key) => {
        if (key === 'handshake') return handshake;
        if (key === 'data' && this.replacement) return this.replacement.data;
        const value: unknown = Reflect.get(target, key);
        return key === 'data' && isRecord(value) ? this.withStatedUser(value) : value;
      },
      set: (target, key, value) => {
        if (key !== 'data') return Reflect.set(target, key, value);
        this.replacement = { data: value };
        return true;
      },
    });
  }

  statedIdentity(): unknown {
    return this.replacement ? userOf(this.shown) : this.stated?.identity;
  }

  /** Applies the outcome of the attempt to the socket. */
  adopt(identity: unknown): void {
    if (this.replacement) this.socket.data = this.replacement.data;
    setUser(this.socket, identity);
    Object.assign(this.socket.handshake, this.handshake);
  }

  /** Returns the socket's data, with a `user` that is read from and written to the attempt. */
  private withStatedUser(data: object): object {
    return new Proxy(data, {
      get: (target, key) =>
        key === 'user' && this.stated ? this.stated.identity : (Reflect.get(target, key) as unknown),
      set: (target, key, value) => {
        if (key !== 'user') return Reflect.set(target, key, value);
        this.stated = { identity: value };
        return true;
      },
      deleteProperty: (target, key) => {
        if (key !== 'user') return Reflect.deleteProperty(target, key);
        this.stated = { identity: undefined };
        return true;
      },
      defineProperty: (target, key, descriptor) => {
        if (key !== 'user') return Reflect.defineProperty(target, key, descriptor);
        this.stated = { identity: descriptor.value };
        return true;
      },
    });
  }
}
