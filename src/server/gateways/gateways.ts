import type { Type } from '@nestjs/common';
import { type DiscoveryService, MetadataScanner } from '@nestjs/core';
import { isConstructor } from '../../common/type-guards.js';
import { asksForOwnServer, type ResolvedIoServerOptions } from '../options/server.options.js';

/** What `@WebSocketGateway(port, options)` declares on a class. */
export interface GatewayMetadata {
  /** 0 for that of the application. */
  port: number;
  options: { namespace?: unknown; path?: unknown } & Record<string, unknown>;
}

/* Nest's own metadata of a gateway class, the same on 11 and 12. */
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

/** Reads the metadata of a gateway; `undefined` for any other class. */
export function gatewayMetadataOf(gateway: object): GatewayMetadata | undefined {
  const options = Reflect.getMetadata(OPTIONS, gateway) as GatewayMetadata['options'] | undefined;
  return options && { options, port: (Reflect.getMetadata(PORT, gateway) ?? 0) as number };
}

/** Returns a namespace's name as Socket.IO spells it. */
export function namespaceNamed(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/* Nest's own metadata of `@SubscribeMessage` and of parameters, the same on 11 and 12. */
const IS_HANDLER = 'websockets:message_mapping';
const MESSAGE = 'message';
const PARAMETERS = '__routeArguments__';
const ACKNOWLEDGEMENT = '13:';

/** One method of a gateway, and the event that it handles. */
export interface GatewayHandler {
  /** The class and the method. */
  name: string;
  event: unknown;
  /** `undefined` if it is a pattern. */
  namespace: string | undefined;
  /** Whether it is given the acknowledgement, or may have taken it by a parameter decorator of the application. */
  mayAcknowledge: boolean;
}

/** A class that handles messages. */
export interface Gateway {
  type: Type;
  metadata: GatewayMetadata;
  /** In the order in which Nest binds them. */
  handlers: readonly GatewayHandler[];
}

/** Finds all gateways of the application. */
export function findGateways(discovery: DiscoveryService): Gateway[] {
  const classes = new Set(discovery.getProviders().map(({ metatype }) => metatype));
  return [...classes].filter(isConstructor).flatMap((type) => {
    const metadata = gatewayMetadataOf(type);
    if (!metadata) return [];
    const { namespace = '/' } = metadata.options;
    const name = typeof namespace === 'string' ? namespaceNamed(namespace) : undefined;
    return [{ type, metadata, handlers: handlersOf(type, name) }];
  });
}

/** Finds the handlers of all gateways on the shared server. */
export function gatewayHandlers(discovery: DiscoveryService, options: ResolvedIoServerOptions): GatewayHandler[] {
  return findGateways(discovery)
    .filter(({ metadata }) => !asksForOwnServer(metadata.port, metadata.options.path, options))
    .flatMap(({ handlers }) => handlers);
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
      mayAcknowledge: mayAcknowledge(gateway, method),
    }));
}

/** The factories of parameter decorators that take no acknowledgement. */
const indifferent = new WeakSet<object>();

/** Marks the factory of a parameter decorator that takes no acknowledgement, as one of the application may. */
export function takesNoAcknowledgement<Factory extends object>(factory: Factory): Factory {
  indifferent.add(factory);
  return factory;
}

function mayAcknowledge(gateway: Type, method: string): boolean {
  const parameters = Reflect.getMetadata(PARAMETERS, gateway, method) as
    Readonly<Record<string, { factory?: object }>> | undefined;
  if (!parameters) return hasThirdParameter((gateway.prototype as Record<string, object>)[method]);
  return Object.entries(parameters).some(
    ([key, { factory }]) => key.startsWith(ACKNOWLEDGEMENT) || (factory !== undefined && !indifferent.has(factory)),
  );
}

/**
 * Whether a method without decorated parameters can take the acknowledgement, which Nest gives it after the socket and
 * the data. Parameters with defaults, and those after them, are not counted by the language.
 */
function hasThirdParameter(method: object): boolean {
  const [head] = Function.prototype.toString.call(method).split('{', 1);
  return (method as { length: number }).length > 2 || /=|\.\.\./.test(head);
}
