import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { LineLimit, LineLogger } from '../common/log.js';
import { eachEngine } from '../server/handshakes/engines.js';
import { type Counts, refusalsOf, type RefusalKind } from '../server/metrics.js';
import { socketsOn } from '../server/inbound/inbound.js';
import { onConnection } from '../server/namespaces.js';

type Connection = Socket['conn'];

/** Why Socket.IO could not read what a client sent last, by its connection. */
const unreadable = new WeakMap<Connection, Error>();

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
    // One function for all connections, which are its "this".
    const listener = function (this: Connection, reason: string, description: unknown): void {
      onClose(this, reason, description);
    };
    const watch = (connection: Connection): void => {
      // Before Socket.IO forgets the sockets of the connection. Its types do not know that its emitter is Node's.
      (connection as unknown as NodeJS.EventEmitter).prependListener('close', listener);
    };
    eachEngine(io, (engine) => void engine.on('connection', watch));
    onConnection(io, (socket) => void socket.on('error', rememberUnreadable));
    if (io.httpServer) this.watchPolling(io.httpServer as HttpServer, io.path(), { limit, counts });
  }

  private onClose(conn: Connection, { limit, counts }: Watched, reason: string, description: unknown): void {
    const sockets = socketsOn(conn);
    const unread = unreadable.get(conn);
    const { message = '' } = (description ?? {}) as Partial<Error>;
    const address = addressOf(conn.remoteAddress, sockets);
    if (reason === 'transport error' && TOO_LARGE.test(message)) {
      counts.add('size');
      this.logTooLarge(limit, address);
    } else if (reason === 'parse error' || (reason === 'transport error' && !NETWORK.test(message))) {
      counts.add('malformed');
      this.logUnreadable(reason === 'parse error' ? 'it is not a packet of Engine.IO' : message, address);
    } else if (unread && sockets.some(({ connected }) => connected)) {
      // The application ends its sockets before the connection. What the decoder has refused is counted there.
      this.logUnreadable(unread.message, address);
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
  const { conn } = this;
  if (!unreadable.has(conn)) unreadable.set(conn, error);
  queueMicrotask(() => {
    if (conn.readyState === 'open') unreadable.delete(conn);
  });
}

function addressOf(address: string | undefined, sockets: readonly Socket[]): string {
  return [...sockets.slice(0, MAX_SOCKETS).map(({ id }) => `socket ${id}`), `address ${address ?? 'unknown'}`].join(
    ', ',
  );
}
