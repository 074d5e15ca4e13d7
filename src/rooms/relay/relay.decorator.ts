import type { RelayOptions } from './relay.options.js';

const RELAYS = 'nestjs-sockets:relays';

/** What one `@Relay` says. */
export interface RelayMetadata {
  event: string;
  options: RelayOptions;
}

/**
 * Lets clients signal to each other what nobody has to keep: who is typing, where a cursor is. What a client emits by this event goes to the others in the
 * room, if it is in that room itself, as `(data, { user })`. Nothing is stored, and what a client cannot take at once it never gets. On any provider,
 * controller or gateway, as often as needed; in the namespace of the gateway, or else in the default one.
 *
 * An acknowledgement, if the client wants one, is `{ statusCode: 204 }`, or the refusal: 400 for malformed data, 403 if it is not in the room, 413 for too
 * much, 429 for too often.
 *
 * @param event its name
 * @example
 * ```ts
 * import { Controller, Get, Param } from '@nestjs/common';
 * import { JoinRoom, Relay } from 'nestjs-sockets';
 *
 * @Controller('boards')
 * @Relay('typing', { to: 'board:{boardId}' })
 * @Relay('cursor', { to: 'board:{boardId}', rate: 30, maxSize: 200 })
 * export class BoardsController {
 *   @Get(':boardId')
 *   @JoinRoom('board:{boardId}')
 *   findOne(@Param('boardId') boardId: string) {
 *     return { id: boardId };
 *   }
 * }
 *
 * // A client: socket.emit('typing', { boardId: '7', card: 12 })
 * // and the others: socket.on('typing', ({ card }, { user }) => …)
 * ```
 */
export function Relay(event: string, options: RelayOptions): ClassDecorator {
  return (target) => {
    const known = (Reflect.getOwnMetadata(RELAYS, target) ?? []) as RelayMetadata[];
    Reflect.defineMetadata(RELAYS, [{ event, options } satisfies RelayMetadata, ...known], target);
  };
}

/** Those of a class, and of the classes it extends. */
export function relaysOf(target: object): readonly RelayMetadata[] {
  const own = (Reflect.getOwnMetadata(RELAYS, target) ?? []) as RelayMetadata[];
  const parent: unknown = Object.getPrototypeOf(target);
  return typeof parent === 'function' ? [...own, ...relaysOf(parent)] : own;
}
