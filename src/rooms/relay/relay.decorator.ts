import type { RelayOptions } from './relay.options.js';

const RELAYS = 'nestjs-sockets:relays';

/** What one `@Relay` declares. */
export interface RelayMetadata {
  event: string;
  options: RelayOptions;
}

/**
 * Relays signals that nobody has to keep from client to client: who is typing, where a cursor is. What a client emits
 * by this event goes to the others in the room as `(data, { user })`, provided that the client is in the room itself.
 * Nothing is stored, and a client that cannot take a signal at once never gets it. May be put on any provider,
 * controller or gateway, as often as needed; it applies to the gateway's namespace, or else to the default one.
 *
 * A client that asks for an acknowledgement gets `{ statusCode: 204 }` or a refusal: 400 for malformed data, 403 if it
 * is not in the room, 413 for too much data, 429 for too many signals.
 *
 * @param event the event that clients emit and hear
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

/** Returns the relays of a class and of the classes that it extends. */
export function relaysOf(target: object): readonly RelayMetadata[] {
  const own = (Reflect.getOwnMetadata(RELAYS, target) ?? []) as RelayMetadata[];
  const parent: unknown = Object.getPrototypeOf(target);
  return typeof parent === 'function' ? [...own, ...relaysOf(parent)] : own;
}
