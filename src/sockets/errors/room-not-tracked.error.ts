import { SocketsError } from '../../common/common.errors.js';

/** Who is in a room is known only of rooms for which that was declared. */
export class RoomNotTrackedError extends SocketsError {
  readonly code = 'ROOM_NOT_TRACKED';

  constructor(room: string) {
    super(
      `presence: it is not kept who is in the room ${JSON.stringify(room.slice(0, 100))}. Declare it, by its name or as one of many: ` +
        `SocketsModule.forRoot({ presence: { rooms: ['lobby', 'board:{boardId}'] } }), or @JoinRoom('board:{boardId}', { presence: true }) on the route that joins it.`,
    );
  }
}
