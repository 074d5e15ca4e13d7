import type { JoinRoomOptions, LeaveRoomOptions } from './join-room.options.js';
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

/**
 * Lets whoever calls this route out of a room, as `@JoinRoom` lets in; whether it was in there or not.
 *
 * @param room its name, as for `@JoinRoom`
 * @example
 * ```ts
 * import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
 * import { LeaveRoom } from 'nestjs-sockets';
 *
 * @Controller('boards')
 * export class BoardsController {
 *   @Delete(':boardId/visit')
 *   @HttpCode(204)
 *   @LeaveRoom('board:{boardId}')
 *   close(@Param('boardId') boardId: string) {
 *     console.log(`somebody left ${boardId}`);
 *   }
 * }
 * ```
 */
export function LeaveRoom(room: string, options: LeaveRoomOptions = {}): MethodDecorator {
  return routeDecorator('LeaveRoom', { kind: 'left', room, options });
}
