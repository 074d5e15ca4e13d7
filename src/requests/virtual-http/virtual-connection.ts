import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';

/**
 * Stands where a request over HTTP has its TCP connection: it knows who is at the other end, and it closes when the client is gone or nobody waits any
 * more. No byte goes through it.
 */
export class VirtualConnection extends Duplex {
  readonly remoteAddress: string;
  readonly encrypted: boolean;
  /** Node's parser of what arrives, which there is none of. */
  readonly parser = null;
  /** The request that is on it. No function: one for each, kept where things live long, would outlive many collections of garbage. */
  exchange: { cutOff(): void } | undefined;
  private readonly ownListeners: number;

  constructor(
    { address, secure }: Socket['handshake'],
    readonly server: Server,
  ) {
    super({ read: doNothing });
    this.remoteAddress = address;
    this.encrypted = secure;
    this.once('close', () => this.exchange?.cutOff());
    // Node's HTTP server listens too: with nobody to hear it, an error that an application destroys its response with would end the process.
    this.on('error', doNothing);
    this.ownListeners = this.countListeners();
  }

  /** By others than ourselves. */
  get isListenedTo(): boolean {
    return this.countListeners() > this.ownListeners;
  }

  address(): AddressInfo | string | null {
    return this.server.address();
  }

  /** Nothing ever arrives, so there is nothing to read; a stream that flows would be asked for it at each request. */
  override resume(): this {
    return this;
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  /* What frameworks and middleware do to a TCP socket, and what means nothing here. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  private countListeners(): number {
    return ['close', 'error', 'end', 'timeout', 'data'].reduce((count, event) => count + this.listenerCount(event), 0);
  }
}

function doNothing(): void {}

/**
 * The connections of one socket: a request has one to itself and leaves it, if it is still open, to the next, as with kept-alive connections over HTTP. So there
 * are as many as requests at once, and whoever closes one cuts nobody else off.
 */
export class VirtualConnections {
  private readonly idle: VirtualConnection[] = [];

  constructor(
    private readonly handshake: Socket['handshake'],
    private readonly server: Server,
  ) {}

  take(): VirtualConnection {
    const known = this.idle.pop();
    return known && !known.destroyed ? known : new VirtualConnection(this.handshake, this.server);
  }

  /** One to whose end the application listens would gather such listeners for as long as the client stays. */
  giveBack(connection: VirtualConnection): void {
    connection.exchange = undefined;
    if (connection.isListenedTo) connection.destroy();
    if (!connection.destroyed) this.idle.push(connection);
  }

  close(): void {
    for (const connection of this.idle.splice(0)) connection.destroy();
  }
}
