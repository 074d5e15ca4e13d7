import { readArguments, routeDecorator } from './decorator-metadata.js';
import type { UnsubscribeOptions } from './subscribe.options.js';

/**
 * Ends the subscriptions of the socket that calls this route to the records that the route is about, for all verbs. As
 * with reading, this happens before the response is sent, and only if the request succeeds.
 *
 * @param resource the resource, if the class has no `@Resourceful` or this is about another one
 * @example
 * ```ts
 * import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
 * import { Resourceful, Unsubscribe } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user')
 * export class UsersController {
 *   @Delete(':id/subscription')
 *   @HttpCode(204)
 *   @Unsubscribe()
 *   mute(@Param('id') id: string) {
 *     console.log(`no more of ${id}`);
 *   }
 * }
 * ```
 */
export function Unsubscribe(resource: string, options?: UnsubscribeOptions): MethodDecorator;
export function Unsubscribe(options?: UnsubscribeOptions): MethodDecorator;
export function Unsubscribe(...args: [(string | UnsubscribeOptions)?, UnsubscribeOptions?]): MethodDecorator {
  return routeDecorator('Unsubscribe', { kind: 'unsubscribed', ...readArguments(args) });
}
