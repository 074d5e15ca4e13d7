import type { AbstractHttpAdapter } from '@nestjs/core';
import { isStream } from '../../common/type-guards.js';
import { markSerialized } from './virtual-response.js';

/**
 * Marks the responses that the platform itself serializes as JSON: Nest passes its adapter what handlers return and
 * filters say. What a handler writes itself may be anything, whatever type it claims to have.
 */
export function markSerializedReplies(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: object, body: unknown, ...rest: unknown[]) => {
    if (typeof body === 'object' && body !== null && !isStream(body))
      markSerialized((response as { raw?: object }).raw ?? response);
    return reply(response, body, ...rest);
  };
}
