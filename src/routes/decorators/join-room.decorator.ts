import type { JoinRoomOptions } from './join-room.options.js';
import { routeDecorator } from './decorator-metadata.js';

/**
 * Lets the caller of this route into a room before the response is sent: the socket that the request came over, or that
 * it names by the header `X-Socket-Id`, in the namespace of that socket. The route's own guards decide who may enter: a
 * request that fails lets nobody in, and a socket that does not get the response is back where it was. Callers without
 * a socket simply get their response.
 *
 * @param room its name; placeholders in braces are path or query parameters, after the pipes of the handler's
 *   arguments. Values are encoded, so that none can make the name of another room
 * @example
 * ```ts
 * import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
 * import { JoinRoom } from 'nestjs-sockets';
 *
 * interface MemberRequest {
 *   user: { tenantId: string };
 * }
 *
 * @Controller('boards')
 * export class BoardsController {
 *   @Get(':boardId')
 *   @JoinRoom('board:{boardId}', { presence: true })
 *   @JoinRoom('tenant:{tenantId}', { values: { tenantId: ({ request }) => (request as MemberRequest).user.tenantId } })
 *   findOne(@Param('boardId', ParseIntPipe) boardId: number) {
 *     return { id: boardId };
 *   }
 * }
 * ```
 */
export function JoinRoom(room: string, options: JoinRoomOptions = {}): MethodDecorator {
  return routeDecorator('JoinRoom', { kind: 'joined', room, options });
}
