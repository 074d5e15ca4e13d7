import type { DiscoveryService } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { FailureLog, LineLogger, logFailure } from '../../common/log.js';
import { type Method, replaceMethod } from './replace-method.js';
import { gatewayMetadataOf } from './gateways.js';

type HookName = 'afterInit' | 'handleConnection' | 'handleDisconnect';
/** A gateway, or the prototype of one that Nest makes for each connection. */
type HookOwner = Partial<Record<HookName, Method>>;
type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Catches what the hooks of gateways throw. Nest calls them and looks at nothing that they return, so that a failing
 * one would end the process.
 */
export class GatewayHooks {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly caught = new WeakSet<Method>();
  private readonly failedAtBoot: unknown[] = [];
  /** Whether a gateway may want to know of disconnected sockets. */
  hearDisconnects = false;

  constructor(private readonly discovery: DiscoveryService) {}

  /**
   * Replaces the hooks. Must come before Nest connects gateways to a server, since it takes the methods it finds then.
   */
  catchFailures(): void {
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || !gatewayMetadataOf(metatype)) continue;
      // Of one that is made for each connection, only its methods are known.
      this.hearDisconnects ||= !wrapper.isDependencyTreeStatic();
      for (const owner of ownersIn(wrapper)) this.catchIn(owner, wrapper.name as string);
    }
  }

  /**
   * Fails the boot with the first error of an `afterInit()`: a gateway that was not initialized is a mistake in the
   * set-up.
   */
  throwFailureOfBoot(): void {
    if (this.failedAtBoot.length > 0) throw this.failedAtBoot[0];
  }

  private catchIn(owner: HookOwner, name: string): void {
    this.replace(owner, 'afterInit', (error) => {
      logFailure(this.logger, `${name}.afterInit() failed.`, error);
      this.failedAtBoot.push(error);
    });
    this.hearDisconnects ||= owner.handleDisconnect !== undefined;
    const [ofConnections, ofDisconnects] = [new FailureLog(this.logger), new FailureLog(this.logger)];
    this.replace(owner, 'handleConnection', (error, client) => {
      ofConnections.report(`${name}.handleConnection() failed; the client is disconnected.`, error);
      (client as Socket).disconnect();
    });
    this.replace(owner, 'handleDisconnect', (error) =>
      ofDisconnects.report(`${name}.handleDisconnect() failed.`, error),
    );
  }

  private replace(owner: HookOwner, name: HookName, onFailure: (error: unknown, subject: unknown) => void): void {
    const hook = owner[name];
    if (typeof hook !== 'function' || this.caught.has(hook)) return;
    const catching: Method = function (...args) {
      return new Promise((resolve) => resolve(hook.apply(this, args))).catch((error: unknown) =>
        onFailure(error, args[0]),
      );
    };
    this.caught.add(catching);
    replaceMethod(owner, name, hook, catching);
  }
}

function ownersIn(wrapper: ProviderWrapper): HookOwner[] {
  const { instance, metatype } = wrapper as { instance?: HookOwner; metatype: { prototype: HookOwner } };
  const made = wrapper.isDependencyTreeStatic() ? [] : [metatype.prototype];
  return instance ? [...made, instance] : made;
}
