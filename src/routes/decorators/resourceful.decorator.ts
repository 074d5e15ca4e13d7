import type { ResourceOptions } from '../../resources/definition/resource.options.js';

const RESOURCEFUL = 'nestjs-sockets:resourceful';

/** What `@Resourceful` says about a controller. */
export interface ResourcefulMetadata {
  name: string;
  options: ResourceOptions;
}

/**
 * Says which resource a controller is about. Its name is also the name of the event.
 *
 * @example
 * ```ts
 * import { Controller } from '@nestjs/common';
 * import { hasMany, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user', { idType: 'number', relations: { pets: hasMany('pet', 'owner') } })
 * export class UsersController {}
 * ```
 */
export function Resourceful(name: string, options: ResourceOptions = {}): ClassDecorator {
  return (controller) =>
    Reflect.defineMetadata(RESOURCEFUL, { name, options } satisfies ResourcefulMetadata, controller);
}

/** Returns what `@Resourceful` says about a controller, or about a class that it extends. */
export function resourcefulOf(controller: object): ResourcefulMetadata | undefined {
  return Reflect.getMetadata(RESOURCEFUL, controller) as ResourcefulMetadata | undefined;
}
