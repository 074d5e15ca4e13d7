import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { logFailure } from '../common/log.js';
import { gatewayMetadataOf } from './gateway-metadata.js';

type Hook = (this: unknown, ...args: unknown[]) => unknown;
type HookName = 'afterInit' | 'handleConnection' | 'handleDisconnect';
/** A gateway, or the prototype of one that is made anew for each connection. */
type Gateway = Partial<Record<HookName, Hook>>;
type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Nest calls the hooks of gateways and looks at nothing that they return, so that a failing one ends the process. Here it does not. */
@Injectable()
export class GatewayHooks implements OnApplicationBootstrap {
  private readonly logger = new Logger('SocketsModule');
  private readonly caught = new WeakSet<Hook>();
  private readonly failedAtBoot: unknown[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  /** To be called before Nest connects the gateways to the server, for it takes the methods that it finds then. */
  catchFailures(): void {
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || !gatewayMetadataOf(metatype)) continue;
      for (const gateway of gatewaysOf(wrapper)) this.catchIn(gateway, wrapper.name as string);
    }
  }

  /** A gateway that could not be initialized is a matter of set-up. */
  onApplicationBootstrap(): void {
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
    // Other libraries look for theirs.
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
