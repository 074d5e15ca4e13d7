import { Logger, type Type } from '@nestjs/common';
import { isConstructor } from '../../common/type-guards.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { logFailure } from '../../common/log.js';
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

/* Nest's own metadata of `@SubscribeMessage`, the same on 11 and 12. */
const IS_HANDLER = 'websockets:message_mapping';
const MESSAGE = 'message';

/** One method of a gateway, and the event that it handles. */
export interface GatewayHandler {
  /** The class and the method. */
  name: string;
  event: unknown;
  /** `undefined` if it is a pattern. */
  namespace: string | undefined;
}

/** Finds the handlers of all gateways on the shared server. */
export function gatewayHandlers(discovery: DiscoveryService, options: ResolvedIoServerOptions): GatewayHandler[] {
  const classes = new Set(discovery.getProviders().map(({ metatype }) => metatype));
  return [...classes].filter(isConstructor).flatMap((gateway) => {
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

type Hook = (this: unknown, ...args: unknown[]) => unknown;
type HookName = 'afterInit' | 'handleConnection' | 'handleDisconnect';
/** A gateway, or the prototype of one that Nest makes for each connection. */
type Gateway = Partial<Record<HookName, Hook>>;
type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Catches what the hooks of gateways throw. Nest calls them and looks at nothing that they return, so that a failing
 * one would end the process.
 */
export class GatewayHooks {
  private readonly logger = new Logger('SocketsModule');
  private readonly caught = new WeakSet<Hook>();
  private readonly failedAtBoot: unknown[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  /**
   * Replaces the hooks. Must come before Nest connects gateways to a server, since it takes the methods it finds then.
   */
  catchFailures(): void {
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || !gatewayMetadataOf(metatype)) continue;
      for (const gateway of gatewaysOf(wrapper)) this.catchIn(gateway, wrapper.name as string);
    }
  }

  /**
   * Fails the boot with the first error of an `afterInit()`: a gateway that was not initialized is a mistake in the
   * set-up.
   */
  throwFailureOfBoot(): void {
    if (this.failedAtBoot.length > 0) throw this.failedAtBoot[0];
  }

  private catchIn(gateway: Gateway, name: string): void {
    this.replace(gateway, 'afterInit', (error) => {
      logFailure(this.logger, `${name}.afterInit() failed.`, error);
      this.failedAtBoot.push(error);
    });
    this.replace(gateway, 'handleConnection', (error, client) => {
      logFailure(this.logger, `${name}.handleConnection() failed; the client is disconnected.`, error);
      (client as Socket).disconnect();
    });
    this.replace(gateway, 'handleDisconnect', (error) =>
      logFailure(this.logger, `${name}.handleDisconnect() failed.`, error),
    );
  }

  private replace(gateway: Gateway, name: HookName, onFailure: (error: unknown, subject: unknown) => void): void {
    const hook = gateway[name];
    if (typeof hook !== 'function' || this.caught.has(hook)) return;
    const catching: Hook = function (...args) {
      return new Promise((resolve) => resolve(hook.apply(this, args))).catch((error: unknown) =>
        onFailure(error, args[0]),
      );
    };
    // Other libraries find their metadata on the hook.
    for (const key of Reflect.getOwnMetadataKeys(hook)) {
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, hook), catching);
    }
    this.caught.add(catching);
    Object.defineProperty(gateway, name, { value: catching, configurable: true, writable: true });
  }
}

function gatewaysOf(wrapper: ProviderWrapper): Gateway[] {
  const { instance, metatype } = wrapper as { instance?: Gateway; metatype: { prototype: Gateway } };
  const made = wrapper.isDependencyTreeStatic() ? [] : [metatype.prototype];
  return instance ? [...made, instance] : made;
}
