import { Logger } from '@nestjs/common';
import { logFailure } from '../../common/log.js';
import type { Connections } from '../../connections/connections.js';
import { ownSocket, type HttpRequest } from '../../connections/requester/requesting-socket.js';
import { userRoom } from '../../connections/user-room.js';
import type { Omission } from '../../resources/pubsub/channel.options.js';
import type { PublisherOptions } from '../decorators/publish.options.js';

/** Where guards and middleware leave who is asking; on Fastify, middleware sees the raw request. */
interface IdentifiedRequest {
  user?: unknown;
  raw?: { user?: unknown };
}

/** Those who do not hear of what they did themselves. */
export class OmittedCallers {
  private readonly logger = new Logger('ResourcefulPubSub');

  constructor(
    private readonly options: { omit?: Omission },
    private readonly connections: Connections,
  ) {}

  /**
   * Their rooms.
   *
   * @param requester the id of the socket that asked, if one did
   * @param options of the decorator
   */
  roomsOf(request: HttpRequest, requester: string | undefined, { mirror, omit }: PublisherOptions): string[] {
    if (mirror) return [];
    const meant = omit ?? this.options.omit;
    const rooms = [requester, meant === 'user' ? this.userRoomOf(request) : undefined];
    return rooms.filter((room) => room !== undefined);
  }

  /** As guards or middleware say; over a socket, else as he is connected. Who merely names a socket does not become its user. */
  private userRoomOf(request: HttpRequest): string | undefined {
    const { user, raw } = request as IdentifiedRequest;
    const socket = ownSocket(request);
    const id = this.idOf(user ?? raw?.user) ?? (socket && this.connections.identities.userIdOf(socket));
    return id === undefined ? undefined : userRoom(id);
  }

  /** Better that somebody hears of his own change than that nobody hears of it. */
  private idOf(user: unknown): string | undefined {
    try {
      return this.connections.identities.idOf(user);
    } catch (error) {
      logFailure(
        this.logger,
        "It could not be found out whose request it was, so none of its user's sockets is omitted.",
        error,
      );
      return undefined;
    }
  }
}
