import { LineLogger, logFailure } from '../../common/log.js';
import type { Connections } from '../../connections/connections.js';
import { ownSocket, type HttpRequest } from '../../connections/requester/requesting-socket.js';
import { userRoom } from '../../connections/user-room.js';
import type { Omission } from '../../resources/pubsub/channel.options.js';
import type { PublisherOptions } from '../decorators/publish.options.js';

/** Where guards and middleware put the user; on Fastify, middleware sees the raw request. */
interface IdentifiedRequest {
  user?: unknown;
  raw?: { user?: unknown };
}

/** Finds the sockets that are omitted from a publication because they requested the change themselves. */
export class RequesterOmission {
  private readonly logger = new LineLogger('ResourcefulPubSub');

  constructor(
    private readonly options: { omit?: Omission },
    private readonly connections: Connections,
  ) {}

  /**
   * Returns the rooms of these sockets.
   *
   * @param requester the id of the socket that made the request, if one did
   * @param options the decorator's options
   */
  roomsOf(request: HttpRequest, requester: string | undefined, { mirror, omit }: PublisherOptions): string[] {
    if (mirror) return [];
    const meant = omit ?? this.options.omit;
    const rooms = [requester, meant === 'user' ? this.userRoomOf(request) : undefined];
    return rooms.filter((room) => room !== undefined);
  }

  /**
   * Returns the rooms of the writer's own sockets, which may be sent all of the answer.
   *
   * @param requester the id of the socket that made the request, if one did
   */
  ownRoomsOf(request: HttpRequest, requester: string | undefined): string[] {
    return [requester, this.userRoomOf(request)].filter((room) => room !== undefined);
  }

  /**
   * Returns the room of the user that guards or middleware set, or else the one that the requesting socket is connected
   * as. A request that merely names a socket does not become that socket's user.
   */
  private userRoomOf(request: HttpRequest): string | undefined {
    const { user, raw } = request as IdentifiedRequest;
    const socket = ownSocket(request);
    const id = this.idOf(user ?? raw?.user) ?? (socket && this.connections.identities.userIdOf(socket));
    return id === undefined ? undefined : userRoom(id);
  }

  /** Returns the user's id. If that fails, the change is published to everyone, including the requester. */
  private idOf(user: unknown): string | undefined {
    try {
      return this.connections.identities.idOf(user);
    } catch (error) {
      logFailure(
        this.logger,
        'The user of a request could not be determined, so none of their sockets is omitted.',
        error,
      );
      return undefined;
    }
  }
}
