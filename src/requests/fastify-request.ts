import type { AbstractHttpAdapter } from '@nestjs/core';

/** As much of a Fastify instance as is used. */
interface Fastify {
  decorateRequest?: (name: string, accessor: { getter(this: { raw: { isSocket?: boolean } }): unknown }) => void;
  hasRequestDecorator?: (name: string) => boolean;
}

/** On Fastify a handler is given a request of Fastify's own; on Express it is Node's, which says `isSocket` by itself. */
export function showIsSocket(adapter: AbstractHttpAdapter): void {
  const fastify = adapter.getInstance<Fastify>();
  if (typeof fastify.decorateRequest !== 'function' || fastify.hasRequestDecorator?.('isSocket')) return;
  fastify.decorateRequest('isSocket', {
    getter() {
      return this.raw.isSocket;
    },
  });
}
