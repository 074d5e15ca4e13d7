import type { DisconnectReason, Server, Socket } from 'socket.io';
import { LineLogger, logFailure } from '../common/log.js';
import { withTimeout } from '../common/promises.js';
import { useFirst } from '../server/namespaces.js';
import type { AfterDisconnect, ConnectionOptions } from './connection.options.js';
import { sessionOf, withFreshSession } from './handshake.js';

/** How long a closing application waits for hooks that are still running, in milliseconds. */
const FINISH_TIMEOUT = 2_000;

/** Calls the application's `afterDisconnect` for each socket that was connected and has disconnected. */
export class DisconnectHook {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly running = new Set<Promise<void>>();
  /** The last call by handshake request: sockets of several namespaces share one, and with it one session. */
  private readonly lastCall = new WeakMap<object, Promise<void>>();

  constructor(private readonly options: Pick<ConnectionOptions, 'afterDisconnect'>) {}

  attach(io: Server): void {
    const { afterDisconnect } = this.options;
    if (!afterDisconnect) return;
    // Before the connection exists, since a gateway may end it at once. Socket.IO emits this only if it was connected.
    useFirst(io, (socket, next) => {
      socket.once('disconnect', (reason) => this.start(() => this.run(afterDisconnect, socket, reason)));
      next();
    });
  }

  /** Waits a while for hooks that are still running, after closing the server has disconnected everybody. */
  async finish(): Promise<void> {
    if (this.running.size === 0) return;
    await withTimeout(FINISH_TIMEOUT, 'afterDisconnect', Promise.all(this.running)).catch((error: unknown) =>
      logFailure(this.logger, 'The application is closed without waiting any longer.', error),
    );
  }

  private start(hook: () => Promise<void>): void {
    const outcome = hook()
      .catch((error: unknown) => logFailure(this.logger, 'The option "afterDisconnect" failed.', error))
      .finally(() => this.running.delete(outcome));
    this.running.add(outcome);
  }

  private async run(afterDisconnect: AfterDisconnect, socket: Socket, reason: DisconnectReason): Promise<void> {
    const { request } = socket;
    const hook = async (): Promise<void> => void (await afterDisconnect(socket, reason));
    if (!this.lastCall.has(request) && !sessionOf(request)) return hook();
    // One at a time, so that none overwrites what another has changed in the session.
    const turn = (this.lastCall.get(request) ?? Promise.resolve()).then(() => withFreshSession(request, hook));
    this.lastCall.set(
      request,
      turn.catch(() => undefined),
    );
    await turn;
  }
}
