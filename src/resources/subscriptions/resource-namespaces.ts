import type { Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isConstructor } from '../../common/type-guards.js';
import { gatewayMetadataOf } from '../../server/gateways/gateways.js';
import { asksForOwnServer, type ResolvedIoServerOptions } from '../../server/options/server.options.js';
import { InvalidGatewayError } from '../resources.errors.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import { claimsOf, type SubscribesToOptions } from './subscribes-to.decorator.js';

const DEFAULT_NAMESPACE = '/';
const DEFAULT_ONLY: readonly string[] = [DEFAULT_NAMESPACE];

/** What one gateway says about one resource. */
export interface GatewayClaim {
  /** The decorator and the class, for errors. */
  name: string;
  gateway: Type;
  namespace: string;
  resource: Resource;
  options: SubscribesToOptions;
}

/**
 * Knows which namespaces carry which resource: the default one, unless a gateway says otherwise, and those of the
 * gateways that name the resource.
 */
export class ResourceNamespaces {
  private readonly claims = new Map<string, GatewayClaim[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: ResourceRegistry,
    private readonly options: ResolvedIoServerOptions,
  ) {}

  /** @throws UnknownResourceError, InvalidGatewayError when a gateway claims what it cannot carry */
  explore(): void {
    const classes = [...this.discovery.getProviders(), ...this.discovery.getControllers()].map((one) => one.metatype);
    for (const gateway of new Set(classes)) {
      if (isConstructor(gateway)) this.readGateway(gateway);
    }
    for (const claims of this.claims.values()) assertConsistent(claims);
  }

  of(resource: string): readonly string[] {
    const claims = this.claims.get(resource);
    if (!claims) return DEFAULT_ONLY;
    const claimed = claims.map(({ namespace }) => namespace);
    const isExclusive = claims.some(({ options }) => options.only);
    return [...new Set(isExclusive ? claimed : [DEFAULT_NAMESPACE, ...claimed])];
  }

  /** The claims of gateways whose sockets watch as soon as they are connected. */
  get watching(): GatewayClaim[] {
    return [...this.claims.values()].flat().filter(({ options: { watch = false } }) => watch !== false);
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

  private readGateway(gateway: Type): void {
    const name = `@SubscribesTo on ${gateway.name}`;
    for (const { resources, ...options } of claimsOf(gateway)) {
      for (const resource of resources) {
        const known = this.registry.getKnown(resource, name);
        const claim = { name, gateway, namespace: namespaceOf(gateway, this.options), resource: known, options };
        this.claims.set(resource, [...(this.claims.get(resource) ?? []), claim]);
      }
    }
  }
}

/** Refuses gateways that disagree on whether the default namespace carries a resource. */
function assertConsistent(claims: readonly GatewayClaim[]): void {
  const exclusive = claims.find(({ options }) => options.only);
  const ofDefault = claims.find(({ namespace }) => namespace === DEFAULT_NAMESPACE);
  if (!exclusive || !ofDefault) return;
  const { name } = exclusive.resource;
  throw new InvalidGatewayError(
    exclusive === ofDefault
      ? `${exclusive.name}: { only: true } takes "${name}" out of the default namespace, and that is the gateway's ` +
          `own. Leave the option out, or give the gateway a namespace.`
      : `${exclusive.name}: { only: true } takes "${name}" out of the default namespace, for which ${ofDefault.name} ` +
          `names it. Keep one of them.`,
  );
}

function namespaceOf(gateway: Type, server: ResolvedIoServerOptions): string {
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
