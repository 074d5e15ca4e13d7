import { listensTo } from './listener-metadata.js';

export const BEFORE_PUBLICATION = 'nestjs-sockets:before-publication';

/**
 * Calls this method before each publication of a resource, or of one verb of it. What it returns is published instead;
 * `undefined` leaves the message as it is, and `null` stops it. The method must not be async: a promise is refused,
 * since publications keep their order.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { BeforePublication, type UpdatedMessage } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class QuietDrafts {
 *   @BeforePublication('article', 'updated')
 *   keepDrafts(message: UpdatedMessage<{ draft: boolean }>) {
 *     return message.data.draft ? null : { ...message, previous: undefined };
 *   }
 * }
 * ```
 */
export function BeforePublication(resource: string, verb?: string): MethodDecorator {
  return listensTo(BEFORE_PUBLICATION, { resource, verb });
}
