import type { AbstractHttpAdapter } from '@nestjs/core';
import { isStream } from '../common/streams.js';
import { markSerialized } from './virtual-response.js';

/**
 * Notes which answers the platform itself writes down as JSON: Nest hands its adapter what handlers return and filters say. What a handler writes by hand may be
 * anything, whatever it calls itself.
 */
export function noteSerializedAnswers(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: object, body: unknown, ...rest: unknown[]) => {
    if (typeof body === 'object' && body !== null && !isStream(body))
      markSerialized((response as { raw?: object }).raw ?? response);
    return reply(response, body, ...rest);
  };
}
