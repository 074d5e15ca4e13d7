import type { AbstractHttpAdapter } from '@nestjs/core';
import { markSerialized } from './virtual-response.js';

/**
 * Notes which answers the platform itself writes down as JSON: Nest hands its adapter what handlers return and filters say. What a handler writes by hand may be
 * anything, whatever it calls itself.
 */
export function noteSerializedAnswers(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: object, body: unknown, ...rest: unknown[]) => {
    if (isData(body)) markSerialized((response as { raw?: object }).raw ?? response);
    return reply(response, body, ...rest);
  };
}

/** No file and no stream. */
function isData(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Symbol.asyncIterator in body) return false;
  const { getStream, pipe, getReader, arrayBuffer } = body as Record<string, unknown>;
  return [getStream, pipe, getReader, arrayBuffer].every((method) => typeof method !== 'function');
}
