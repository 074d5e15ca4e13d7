import type { LeaveRoomOptions } from './join-room.options.js';
import { routeDecorator } from './decorator-metadata.js';

/**
 * Takes the caller of this route out of a room, under the conditions of `@JoinRoom`, whether it was in the room or not.
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
