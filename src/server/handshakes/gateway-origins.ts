import type { DiscoveryService } from '@nestjs/core';
import type { ServerOptions } from 'socket.io';
import { isConstructor } from '../../common/type-guards.js';
import { gatewayMetadataOf } from '../gateways/gateways.js';
import { type AllowedOrigins, asksForOwnServer, type ResolvedIoServerOptions } from '../options/server.options.js';
import { originsOfCors } from './allowed-origins.js';

/** Which pages a gateway on the shared server says may connect, by its option `cors`. */
export interface GatewayOrigins {
  /** The class. */
  name: string;
  allowed: AllowedOrigins;
  /** Whether their cookies may be sent along. */
  credentials: boolean;
}

/** Finds the gateways on the shared server that allow origins. Of a gateway, that has no effect. */
export function gatewayOrigins(discovery: DiscoveryService, options: ResolvedIoServerOptions): GatewayOrigins[] {
  const classes = new Set(discovery.getProviders().map(({ metatype }) => metatype));
  return [...classes].filter(isConstructor).flatMap((gateway) => {
    const metadata = gatewayMetadataOf(gateway);
    if (!metadata || asksForOwnServer(metadata.port, metadata.options.path, options)) return [];
    const cors = metadata.options.cors as ServerOptions['cors'];
    const allowed = originsOfCors(cors);
    if (allowed === undefined) return [];
    return [{ name: gateway.name, allowed, credentials: typeof cors === 'object' && cors.credentials === true }];
  });
}
