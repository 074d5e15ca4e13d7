import type { Server } from 'socket.io';
import { FirstTimes, LineLogger } from '../../common/log.js';
import { Slot, serverState } from '../../server/state.js';

/** Why the header `X-Socket-Id` of a request does not count. */
type Reason = 'unknown' | 'user' | 'credentials' | 'cookie' | 'nobody' | 'nobodysSocket';

/** How many reasons the log names, each once; there may be one for each name of a cookie. */
const MAX_REASONS = 12;

/** The longest name of a cookie that is logged. */
const MAX_NAME = 100;

const EXPLANATIONS: Record<Reason, (cookie: string) => string> = {
  unknown: () =>
    'no such socket is connected, or another caller has opened it on another server. Send the id of the connected ' +
    'socket with each request, since it changes with each reconnect.',
  user: () => 'the user of the request is not that of the socket.',
  credentials: () =>
    'its header Authorization is not that of the handshake. Connect with the same token, as the "token" of the ' +
    'handshake\'s "auth"; or let the server know the users of sockets, by the option "authenticate", so that a token ' +
    'may be renewed.',
  nobody: () =>
    'the user of the socket is known, and that of the request is not. Send it to a route whose guards know its user, ' +
    'or with the token or the session cookie of the handshake.',
  nobodysSocket: () =>
    'the user of the request is known, and that of the socket is not. Connect with the same token or session cookie, ' +
    'or let the server know the users of sockets, by the option "authenticate".',
  cookie: (cookie) =>
    `it does not have the cookie "${cookie}" of the handshake, or has another value of it. If that cookie does not ` +
    "say who the caller is, name those that do: SocketsModule.forRoot({ identityCookies: ['…'] }). If it is " +
    'renewed, let the server know the users of sockets, by the option "authenticate".',
};

/** Logs why requests that name their socket are taken for requests without one: each reason once. */
class SocketIdLog {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly reported = new FirstTimes(MAX_REASONS);

  report(reason: Reason, cookie = ''): void {
    const name = cookie.slice(0, MAX_NAME);
    if (!this.reported.isFirst(`${reason} ${name}`)) return;
    this.logger.warn(
      'The header X-Socket-Id of a request did not count, so the request counts as one without a socket: ' +
        `${EXPLANATIONS[reason](name)} (Logged once.)`,
    );
  }
}

const logs = new Slot(() => new SocketIdLog());

export function socketIdLogOf(io: Server): SocketIdLog {
  return serverState(io).get(logs);
}
