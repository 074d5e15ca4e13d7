import type { Type } from '@nestjs/common';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import { gatewayMetadataOf, namespaceNamed } from './gateway-metadata.js';
import { asksForOwnServer, type ResolvedSocketsServerOptions } from './sockets-server.options.js';

/* Nest's own metadata of `@SubscribeMessage`, the same on 11 and 12. */
const IS_HANDLER = 'websockets:message_mapping';
const MESSAGE = 'message';

/** A method of a gateway, and the event that it handles. */
export interface GatewayHandler {
  /** The class and the method. */
  name: string;
  event: unknown;
  /** `undefined` for a pattern. */
  namespace: string | undefined;
}

/** What the application's gateways on the shared server handle themselves. */
export function gatewayHandlers(discovery: DiscoveryService, options: ResolvedSocketsServerOptions): GatewayHandler[] {
  const classes = new Set(discovery.getProviders().map(({ metatype }) => metatype));
  return [...classes].filter(isClass).flatMap((gateway) => {
    const metadata = gatewayMetadataOf(gateway);
    if (!metadata || asksForOwnServer(metadata.port, metadata.options.path, options)) return [];
    const { namespace = '/' } = metadata.options;
    return handlersOf(gateway, typeof namespace === 'string' ? namespaceNamed(namespace) : undefined);
  });
}

function handlersOf(gateway: Type, namespace: string | undefined): GatewayHandler[] {
  const prototype = gateway.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((method) => Reflect.getMetadata(IS_HANDLER, prototype[method]) === true)
    .map((method) => ({
      name: `${gateway.name}.${method}()`,
      event: Reflect.getMetadata(MESSAGE, prototype[method]) as unknown,
      namespace,
    }));
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object' && metatype.prototype !== null;
}
