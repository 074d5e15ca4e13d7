import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';

/**
 * Stands in for the TCP connection of a request: it knows who is at the other end, and closes when the client is gone
 * or nobody waits for the response any longer. No byte goes through it.
 */
export class VirtualConnection extends Duplex {
  readonly remoteAddress: string;
  readonly encrypted: boolean;
  /** Node's parser of incoming bytes, of which there is none. */
  readonly parser = null;
  /**
   * The request that uses the connection. It is a field, not a listener: one closure per request, kept where things
   * live long, would outlive many garbage collections.
   */
  exchange: { connectionClosed(): void } | undefined;
  private readonly ownListeners: number;

  constructor(
    { address, secure }: Socket['handshake'],
    readonly server: Server,
  ) {
    super({ read: doNothing });
    this.remoteAddress = address;
    this.encrypted = secure;
    this.on('close', tellExchange);
    // As Node's HTTP server does: an error that the application destroys its response with would end the process.
    this.on('error', doNothing);
    this.ownListeners = this.countListeners();
  }

  /** Whether anybody but the library listens to it. */
  get isListenedTo(): boolean {
    return this.countListeners() > this.ownListeners;
  }

  address(): AddressInfo | string | null {
    return this.server.address();
  }

  /** Does nothing, as there is nothing to read. A stream that flows would be asked for data with every request. */
  override resume(): this {
    return this;
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  /* Methods of TCP sockets that frameworks and middleware call, and that mean nothing here. */
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

/** For all connections. It happens once; "once" would cost each of them a closure. */
function tellExchange(this: VirtualConnection): void {
  this.exchange?.connectionClosed();
}

/**
 * The virtual connections of one socket. A request has one to itself and leaves it, if it is still open, to the next,
 * like kept-alive connections of HTTP, but not for long. So there are as many as concurrent requests, and closing one
 * affects no other.
 */
export class VirtualConnections {
  private idle: VirtualConnection[] | undefined;
  private isClosed = false;

  constructor(
    readonly socket: Socket,
    private readonly server: Server,
  ) {}

  take(): VirtualConnection {
    const known = this.idle?.pop();
    return known && !known.destroyed ? known : new VirtualConnection(this.socket.handshake, this.server);
  }

  /** Keeps the connection for the next request, unless the application listens to it: such listeners would pile up. */
  giveBack(connection: VirtualConnection): void {
    connection.exchange = undefined;
    if (connection.isListenedTo) connection.destroy();
    if (this.isClosed || connection.destroyed || !this.socket.connected) return void connection.destroy();
    (this.idle ??= []).push(connection);
  }

  /** Closes those that are idle, and each other one once its request is over. */
  close(): void {
    const { idle = [] } = this;
    this.idle = undefined;
    this.isClosed = true;
    for (const connection of idle) connection.destroy();
  }
}
