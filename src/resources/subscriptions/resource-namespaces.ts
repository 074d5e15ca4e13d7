import { DiscoveryService } from '@nestjs/core';
import { gatewayMetadataOf } from '../../server/gateways.js';
import { asksForOwnServer, type ResolvedIoServerOptions } from '../../server/server.options.js';
import { InvalidGatewayError } from '../resources.errors.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { claimedResources } from './subscribes-to.decorator.js';

const DEFAULT_NAMESPACE = '/';

/** Knows which namespaces carry which resource: those of the gateways that claim it, or else the default one. */
export class ResourceNamespaces {
  private readonly claimed = new Map<string, Set<string>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: ResourceRegistry,
    private readonly options: ResolvedIoServerOptions,
  ) {}

  /** @throws UnknownResourceError, InvalidGatewayError when a gateway claims what it cannot carry */
  explore(): void {
    for (const { metatype } of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (typeof metatype === 'function') this.readGateway(metatype);
    }
  }

  of(resource: string): readonly string[] {
    const namespaces = this.claimed.get(resource);
    return namespaces ? [...namespaces] : [DEFAULT_NAMESPACE];
  }

  /** Says why a socket in this namespace does not hear of a resource; `undefined` if it does. */
  whyUnheard(resource: string, namespace: string): string | undefined {
    const carrying = this.of(resource);
    if (carrying.includes(namespace)) return undefined;
    const where = carrying.map((name) => `"${name}"`).join(', ');
    return (
      `its socket is connected to the namespace "${namespace}", and "${resource}" is published in ${where}; ` +
      `say @SubscribesTo('${resource}') on a gateway of "${namespace}"`
    );
  }

  private readGateway(gateway: object & { name?: string }): void {
    for (const resource of claimedResources(gateway)) {
      this.registry.getKnown(resource, `@SubscribesTo on ${gateway.name}`);
      const namespaces = this.claimed.get(resource) ?? new Set();
      this.claimed.set(resource, namespaces.add(namespaceOf(gateway, this.options)));
    }
  }
}

function namespaceOf(gateway: object & { name?: string }, server: ResolvedIoServerOptions): string {
  const where = `@SubscribesTo on ${gateway.name}`;
  const metadata = gatewayMetadataOf(gateway);
  if (!metadata) {
    throw new InvalidGatewayError(`${where}: the class is not a gateway. Decorate it with @WebSocketGateway() too.`);
  }
  const { options, port } = metadata;
  if (asksForOwnServer(port, options.path, server)) {
    throw new InvalidGatewayError(
      `${where}: resources are published on the application's own server, and this gateway has another one. ` +
        `Remove its port and path.`,
    );
  }
  const { namespace = DEFAULT_NAMESPACE } = options;
  if (typeof namespace !== 'string') {
    throw new InvalidGatewayError(
      `${where}: its namespace is a pattern, and resources are published in namespaces that have a name.`,
    );
  }
  return namespace.startsWith('/') ? namespace : `/${namespace}`;
}
