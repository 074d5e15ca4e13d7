import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { LineLimit, LineLogger } from '../common/log.js';
import { eachEngine } from '../server/handshakes/engines.js';
import { type Counts, refusalsOf, type RefusalKind } from '../server/metrics.js';
import { onConnection } from '../server/namespaces.js';
import { Slot } from '../server/state.js';
import { connectionState } from './connection-state.js';

type Connection = Socket['conn'];

/** What is known of the sockets of a connection. */
interface SocketsOfConnection {
  /** The socket in each namespace. */
  sockets: Map<string, Socket>;
  /** Why Socket.IO could not read what the client sent last. */
  unreadable?: Error;
}

const socketsOfConnection = new Slot<SocketsOfConnection>(() => ({ sockets: new Map() }));

/** The server whose connections are watched. */
interface Watched {
  /** The largest message that it takes, in bytes. */
  limit: number;
  counts: Counts<RefusalKind>;
}

/** How many lines are logged in each period, and how long that is, in milliseconds. */
const MAX_LINES = 10;
const PERIOD = 60_000;

/** How many sockets of a connection are named. */
const MAX_SOCKETS = 3;

/** The longest reason that is logged. */
const MAX_REASON = 120;

/** The error of the package ws. */
const TOO_LARGE = /max payload size exceeded/i;

/** Ends of connections that are nobody's mistake: the network is gone. */
const NETWORK = /closed prematurely|write error/;

/**
 * Logs what a client sent that ended its connection: a message that is too large, or that is none. Otherwise nobody
 * would learn of it, since the client is told only that it has been disconnected.
 */
export class ConnectionFailures {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly lines = new LineLimit(MAX_LINES, PERIOD);

  attach(io: Server): void {
    const limit = (io.engine as unknown as { opts: { maxHttpBufferSize: number } }).opts.maxHttpBufferSize;
    const counts = refusalsOf(io);
    const onClose = (connection: Connection, reason: string, description: unknown): void =>
      this.onClose(connection, { limit, counts }, reason, description);
    const watch = (connection: Connection): void => {
      // Before Socket.IO forgets the sockets of the connection. Its types do not know that its emitter is Node's.
      const emitter = connection as unknown as NodeJS.EventEmitter;
      emitter.prependListener('close', (reason: string, description) => onClose(connection, reason, description));
    };
    eachEngine(io, (engine) => void engine.on('connection', watch));
    onConnection(io, (socket) => {
      connectionState(socket).get(socketsOfConnection).sockets.set(socket.nsp.name, socket);
      // A client may enter and leave as many namespaces as it likes.
      socket.on('disconnect', forget);
      socket.on('error', rememberUnreadable);
    });
    if (io.httpServer) this.watchPolling(io.httpServer as HttpServer, io.path(), { limit, counts });
  }

  private onClose(conn: Connection, { limit, counts }: Watched, reason: string, description: unknown): void {
    const { sockets: known, unreadable } = connectionState({ conn }).get(socketsOfConnection);
    const sockets = [...known.values()];
    const { message = '' } = (description ?? {}) as Partial<Error>;
    const address = addressOf(conn.remoteAddress, sockets);
    if (reason === 'transport error' && TOO_LARGE.test(message)) {
      counts.add('size');
      this.logTooLarge(limit, address);
    } else if (reason === 'parse error' || (reason === 'transport error' && !NETWORK.test(message))) {
      counts.add('malformed');
      this.logUnreadable(reason === 'parse error' ? 'it is not a packet of Engine.IO' : message, address);
    } else if (unreadable && sockets.some(({ connected }) => connected)) {
      // The application ends its sockets before the connection. What the decoder has refused is counted there.
      this.logUnreadable(unreadable.message, address);
    }
  }

  /** Engine.IO answers a POST that is too large with 413, upon which its client hangs up. */
  private watchPolling(httpServer: HttpServer, path: string, { limit, counts }: Watched): void {
    httpServer.prependListener('request', ({ method, url, headers, socket }: IncomingMessage) => {
      if (method !== 'POST' || !(Number(headers['content-length']) > limit) || !url?.startsWith(path)) return;
      counts.add('size');
      this.logTooLarge(limit, addressOf(socket.remoteAddress, []));
    });
  }

  private logTooLarge(limit: number, address: string): void {
    this.log(
      `A client (${address}) sent a message of more than ${limit} bytes, which ended its connection. If that was ` +
        'meant to be, allow it: SocketsModule.forRoot({ server: { maxHttpBufferSize: … } }).',
    );
  }

  private logUnreadable(why: string, address: string): void {
    const reason = why.replace(/^\w*Error: /, '').slice(0, MAX_REASON);
    this.log(`A client (${address}) sent a message that cannot be read, which ended its connection: ${reason}.`);
  }

  private log(line: string): void {
    const omitted = this.lines.next();
    if (omitted === undefined) return;
    this.logger.warn(omitted === 0 ? line : `${line} (${omitted} more lines of this kind were left out.)`);
  }
}

/**
 * An error with which a middleware of the application refuses a message comes here, too, and ends nothing; so does an
 * event of that name that a client sends, whose data are no error.
 */
function rememberUnreadable(this: Socket, error: unknown): void {
  if (!(error instanceof Error)) return;
  const sockets = connectionState(this).get(socketsOfConnection);
  sockets.unreadable ??= error;
  queueMicrotask(() => {
    if (this.conn.readyState === 'open') delete sockets.unreadable;
  });
}

function addressOf(address: string | undefined, sockets: readonly Socket[]): string {
  return [...sockets.slice(0, MAX_SOCKETS).map(({ id }) => `socket ${id}`), `address ${address ?? 'unknown'}`].join(
    ', ',
  );
}

/** For all sockets. It happens once; "once" would cost each of them a closure. */
function forget(this: Socket): void {
  const { sockets } = connectionState(this).get(socketsOfConnection);
  if (sockets.get(this.nsp.name) === this) sockets.delete(this.nsp.name);
}
