import type { AbstractHttpAdapter } from '@nestjs/core';

/** As much of a Fastify instance as is used. */
interface Fastify {
  decorateRequest?: (
    name: string,
    accessor: { getter(this: { raw: { isSocket?: boolean; isRecheck?: boolean } }): unknown },
  ) => void;
  hasRequestDecorator?: (name: string) => boolean;
}

/** What Node's request says by itself, as it is given to handlers on Express. */
const PROPERTIES = ['isSocket', 'isRecheck'] as const;

/** On Fastify a handler is given a request of Fastify's own. */
export function showIsSocket(adapter: AbstractHttpAdapter): void {
  const fastify = adapter.getInstance<Fastify>();
  if (typeof fastify.decorateRequest !== 'function') return;
  for (const property of PROPERTIES) {
    if (fastify.hasRequestDecorator?.(property)) continue;
    fastify.decorateRequest(property, {
      getter() {
        return this.raw[property];
      },
    });
  }
}
