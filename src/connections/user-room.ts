/** The prefix of the library's own rooms. */
const OWN_PREFIX = 'sockets:';

/**
 * Returns the room that every socket of a user is in, on every server: one in each namespace.
 *
 * @param id as the option `userId` gives it
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { SocketsService, userRoom } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class InboxService {
 *   constructor(private readonly sockets: SocketsService) {}
 *
 *   async tell(userId: number, text: string) {
 *     await this.sockets.broadcast(userRoom(userId), 'inbox', { text });
 *   }
 * }
 * ```
 */
export function userRoom(id: string | number): string {
  return `${OWN_PREFIX}user/${id}`;
}

/** Recognizes a room that says whose a socket is, and that the socket stays in for as long as it is connected. */
export function isLibraryRoom(room: string): boolean {
  return room.startsWith(OWN_PREFIX);
}
