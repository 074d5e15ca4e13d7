import { listensTo } from './listener-metadata.js';

export const ON_PUBLICATION = 'nestjs-sockets:on-publication';

/**
 * Calls this method, on the server that publishes, with the message of each publication of a resource, or of one verb
 * of it. For providers and gateways. Publishing does not wait for the method, and what it throws is logged.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OnPublication, type CreatedMessage } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class WelcomeService {
 *   @OnPublication('user', 'created')
 *   async welcome({ data }: CreatedMessage<{ name: string }>) {
 *     console.log(`write a letter to ${data.name}`);
 *   }
 * }
 * ```
 */
export function OnPublication(resource: string, verb?: string): MethodDecorator {
  return listensTo(ON_PUBLICATION, { resource, verb });
}
