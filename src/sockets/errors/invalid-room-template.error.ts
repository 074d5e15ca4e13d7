import { SocketsError } from '../../common/common.errors.js';

/** A template of rooms' names from which no safe name can be made. */
export class InvalidRoomTemplateError extends SocketsError {
  readonly code = 'INVALID_ROOM_TEMPLATE';

  constructor(template: string, problem: string) {
    super(`${template} is no template of rooms: ${problem} Write it as in 'board:{boardId}'.`);
  }
}
