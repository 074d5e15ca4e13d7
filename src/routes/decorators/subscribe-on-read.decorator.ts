import { readArguments, routeDecorator } from './decorator-metadata.js';
import type { SubscribeOnReadOptions } from './subscribe.options.js';

/**
 * Subscribes the socket that reads through this route to the records in the response, as soon as it has been sent that;
 * what was published of them since the request passed the guards follows the response. The route's own guards decide
 * who may read: a request that fails subscribes nobody, and only records in the response are subscribed to. The reader
 * is a socket if the request came over one, or names one by the header `X-Socket-Id`; other callers simply get their
 * response. On a class, it applies to each GET route without such a decorator of its own.
 *
 * @param resource the resource, if the class has no `@Resourceful` or this is about another one
 * @example
 * ```ts
 * import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
 * import { Resourceful, SubscribeOnRead } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user')
 * export class UsersController {
 *   @Get()
 *   @SubscribeOnRead({ select: 'items', watch: 'all' }) // each user of this page, and whatever is created
 *   find() {
 *     return { items: [{ id: 1, name: 'ada' }], total: 1 };
 *   }
 *
 *   @Get(':id')
 *   @SubscribeOnRead({ verbs: ['updated', 'destroyed'] })
 *   findOne(@Param('id', ParseIntPipe) id: number) {
 *     return { id, name: 'ada' };
 *   }
 * }
 * ```
 */
export function SubscribeOnRead(resource: string, options?: SubscribeOnReadOptions): MethodDecorator & ClassDecorator;
export function SubscribeOnRead(options?: SubscribeOnReadOptions): MethodDecorator & ClassDecorator;
export function SubscribeOnRead(
  ...args: [(string | SubscribeOnReadOptions)?, SubscribeOnReadOptions?]
): MethodDecorator & ClassDecorator {
  return routeDecorator('SubscribeOnRead', { kind: 'subscribed', ...readArguments(args) });
}
