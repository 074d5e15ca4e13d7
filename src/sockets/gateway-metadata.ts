/** What `@WebSocketGateway(port, options)` says of a class. */
export interface GatewayMetadata {
  /** 0 for the application's own. */
  port: number;
  options: { namespace?: unknown; path?: unknown } & Record<string, unknown>;
}

/* Nest's own metadata of a gateway class, the same on 11 and 12. */
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

/** `undefined` for a class that is no gateway. */
export function gatewayMetadataOf(gateway: object): GatewayMetadata | undefined {
  const options = Reflect.getMetadata(OPTIONS, gateway) as GatewayMetadata['options'] | undefined;
  return options && { options, port: (Reflect.getMetadata(PORT, gateway) ?? 0) as number };
}

/** A namespace's name as Socket.IO has it. */
export function namespaceNamed(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}
