import type { JoinRoomOptions } from './join-room.options.js';
import { routeDecorator } from './decorator-metadata.js';

/**
 * Lets whoever calls this route into a room, before the answer: the socket that the request came over, or that it names by the header `X-Socket-Id`, in the
 * namespace that it is connected to. Who may is for the route's own guards to say: a request that fails lets nobody in, and who does not get the answer
 * is where it was. All others are answered, and that is all.
 *
 * @param room its name; what stands in braces are path or query parameters, after the pipes of the handler's arguments. Values are encoded, so that none can
 * make the name of another room
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
