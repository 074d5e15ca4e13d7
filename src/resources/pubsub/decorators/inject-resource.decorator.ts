import { Inject } from '@nestjs/common';
import { assertResourceName } from '../../definition/resource-name.js';

export const TOKEN = 'nestjs-sockets:resource:';

/** The classes of this process that inject a resource's channel, by the resource. */
export const hostsByResource = new Map<string, Set<object>>();

/**
 * Injects the channel of a resource.
 *
 * @throws InvalidResourceError when the name cannot be one
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectResource, type ResourceChannel } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class UsersService {
 *   constructor(@InjectResource('user') private readonly users: ResourceChannel<{ id: number; name: string }>) {}
 *
 *   rename(id: number, name: string) {
 *     return this.users.publishUpdate(id, { name });
 *   }
 * }
 * ```
 */
export function InjectResource(name: string): ParameterDecorator & PropertyDecorator {
  // Checked here, where the class is in the stack trace, and before the name reaches other applications of the process.
  assertResourceName(name);
  const inject = Inject(resourceToken(name));
  return (target: object, key: string | symbol | undefined, index?: number) => {
    rememberInjection(typeof target === 'function' ? target : target.constructor, name);
    (inject as ParameterDecorator)(target, key, index as number);
  };
}

/** Returns the injection token of a resource's channel, for overriding it in a testing module. */
export function resourceToken(name: string): string {
  return TOKEN + name;
}

/** Remembers a class for all applications: a decorator runs before there is one. */
function rememberInjection(host: object, resource: string): void {
  const hosts = hostsByResource.get(resource) ?? new Set();
  hostsByResource.set(resource, hosts.add(host));
}
