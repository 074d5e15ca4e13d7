import type { Socket } from 'socket.io';
import { FirstTimes, LineLogger, printable } from '../../common/log.js';
import { credentialsOf } from '../../connections/handshake.js';
import { headerNamed, isIdentity, isOfCaller, isOfOneRequest, isReserved } from './header-kinds.js';
import { isHeaderValue, type PacketHeaders, readHeaders, type RequestHeaders } from './request-headers.js';

/** The options that name further headers. */
interface NamedHeaders {
  lockedHeaders: readonly string[];
  handshakeHeaders: readonly string[];
}

/** How many headers that are left out the log names, each once. */
const MAX_NAMED = 20;

/** The longest name that is logged in full. */
const MAX_NAME = 100;

/**
 * Decides which headers a request over the socket has: those of the handshake that say who the caller is, and those of
 * the packet that do not.
 *
 * The handshake's are an allow-list, since whatever else is on it, such as the ids that a proxy gives to each request,
 * is about the handshake, and would be a lie about all later requests.
 */
export class HeaderRules {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly named = new FirstTimes(MAX_NAMED);
  private readonly locked: ReadonlySet<string>;
  private readonly inherited: ReadonlySet<string>;

  constructor({ lockedHeaders, handshakeHeaders }: NamedHeaders) {
    this.locked = namesOf(lockedHeaders);
    this.inherited = namesOf([...lockedHeaders, ...handshakeHeaders]);
  }

  /** Returns the headers that every request of a socket has, before its packet adds others. */
  ofHandshake({ handshake }: Socket): RequestHeaders {
    const headers: RequestHeaders = { accept: 'application/json, text/plain, */*' };
    for (const [name, value] of Object.entries(handshake.headers)) {
      // Cookies are in the jar of the connection.
      if (value === undefined || name === 'cookie' || isOfOneRequest(name)) continue;
      if (isOfCaller(name) || this.inherited.has(headerNamed(name)))
        headers[name] = Array.isArray(value) ? value.join(', ') : value;
      else this.warnOfHandshake(name);
    }
    const credentials = credentialsOf(handshake);
    // A token in `auth` may be anything. One that no header can carry is not a token.
    if (credentials !== undefined && isHeaderValue(credentials)) headers.authorization = credentials;
    return headers;
  }

  /**
   * Reads which headers a packet adds, and which it removes (`null`). Headers that only the handshake may set are left
   * out.
   *
   * @throws RequestRefusal
   */
  ofPacket(given: unknown): PacketHeaders {
    const headers = readHeaders(given);
    for (const [name, value] of Object.entries(headers)) {
      if (value !== null && (this.isLocked(name) || (isReserved(name) && isIdentity(name)))) this.warnOfPacket(name);
    }
    return this.withoutReserved(headers);
  }

  /** Leaves out the headers that only the handshake may set. */
  withoutReserved(headers: Readonly<PacketHeaders>): PacketHeaders {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isReserved(name) && !this.isLocked(name)));
  }

  private isLocked(name: string): boolean {
    return this.locked.has(headerNamed(name));
  }

  /** Says that the handshake's credentials count, and not those of a packet. */
  warnOfPacket(name: string): void {
    if (!this.named.isFirst(`packet ${name}`)) return;
    this.logger.warn(
      `A request over the socket came with the header "${printable(name, MAX_NAME)}", which was left out: the ` +
        'handshake says who is asking, and its headers count. (Logged once.)',
    );
  }

  private warnOfHandshake(name: string): void {
    if (!this.named.isFirst(`handshake ${name}`)) return;
    const shown = printable(name, MAX_NAME);
    this.logger.warn(
      `A handshake came with the header "${shown}", which requests over that socket do not have. If it says who is ` +
        `asking, name it: SocketsModule.forRoot({ requests: { handshakeHeaders: ['${shown}'] } }). Otherwise send it ` +
        'with the requests that it is about. (Logged once.)',
    );
  }
}

function namesOf(names: readonly string[]): Set<string> {
  return new Set(names.map(headerNamed));
}
