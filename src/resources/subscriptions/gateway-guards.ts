import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Socket } from 'socket.io';
import { makeProvider } from '../../common/boot/make-provider.js';
import { InvalidGatewayError } from '../resources.errors.js';

/* Nest's own metadata, the same on 11 and 12. */
const GUARDS = '__guards__';

function connect(): void {}

/** The context that the guards of a gateway decide on, like that of one of its messages, which has no data. */
class ConnectionContext implements ExecutionContext {
  constructor(
    private readonly gateway: Type,
    private readonly socket: Socket,
  ) {}

  getType(): never {
    return 'ws' as never;
  }

  getClass<T>(): Type<T> {
    return this.gateway as Type<T>;
  }

  getHandler(): () => void {
    const { handleConnection } = this.gateway.prototype as { handleConnection?: () => void };
    return handleConnection ?? connect;
  }

  getArgs(): never {
    return [this.socket, undefined] as never;
  }

  getArgByIndex(index: number): never {
    return [this.socket, undefined][index] as never;
  }

  switchToWs() {
    return { getClient: () => this.socket as never, getData: () => undefined as never, getPattern: () => '' };
  }

  switchToHttp() {
    return {
      getRequest: () => this.socket as never,
      getResponse: () => undefined as never,
      getNext: () => undefined as never,
    };
  }

  switchToRpc() {
    return { getContext: () => undefined as never, getData: () => this.socket as never };
  }
}

/**
 * The guards of a gateway's class. Nest asks them about messages only; here they also say whether a connection may
 * watch what the gateway subscribes to.
 */
export class GatewayGuards {
  private readonly guards: CanActivate[] = [];

  constructor(
    private readonly gateway: Type,
    private readonly name: string,
  ) {}

  /** @throws InvalidGatewayError when a guard cannot be made */
  async make(moduleRef: ModuleRef): Promise<void> {
    const given = (Reflect.getMetadata(GUARDS, this.gateway) ?? []) as Array<CanActivate | Type<CanActivate>>;
    for (const guard of given)
      this.guards.push(typeof guard === 'function' ? await this.create(guard, moduleRef) : guard);
  }

  /** Tells whether all guards let the socket in. They are asked one by one, until one refuses. */
  async admit(socket: Socket): Promise<boolean> {
    for (const guard of this.guards) {
      const answer = guard.canActivate(new ConnectionContext(this.gateway, socket));
      if (!(await (isObservable(answer) ? lastValueFrom(answer) : answer))) return false;
    }
    return true;
  }

  private create(guard: Type<CanActivate>, moduleRef: ModuleRef): Promise<CanActivate> {
    return makeProvider(
      guard,
      moduleRef,
      (reason, options) =>
        new InvalidGatewayError(`${this.name}: its guard ${guard.name} cannot be made. ${reason}`, options),
      'It, or something that it injects, is request-scoped, and a connection has no such request. Give it the ' +
        'default scope; the socket is in context.switchToWs().getClient().',
    );
  }
}
