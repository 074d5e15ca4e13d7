import type { Type } from '@nestjs/common';
import {
  classDecorators,
  type DecoratorMetadata,
  isRoomDecorator,
  isSubscribeDecorator,
  methodDecorators,
  misplacedError,
  namedResource,
  alternativeTo,
} from '../decorators/decorator-metadata.js';
import type { Route } from './route.js';

/** Throws for a decorator on a provider or gateway, which has no routes. */
export function refuseDecoratorsOutsideControllers(provider: Type, methods: readonly string[]): void {
  const prototype = provider.prototype as object;
  const hosts = [
    { where: provider.name, decorators: classDecorators(provider) },
    ...methods.map((method) => ({
      where: `${provider.name}.${method}()`,
      decorators: methodDecorators(prototype, method),
    })),
  ];
  for (const { where, decorators } of hosts) {
    for (const metadata of decorators) {
      const way = isRoomDecorator(metadata) ? '' : `: @InjectResource('name')`;
      const problem = `${provider.name} is not a controller. ${alternativeTo(metadata)}${way}.`;
      throw misplacedError(metadata, where, problem);
    }
  }
}

/**
 * Throws for two decorators on one route that repeat or contradict each other.
 *
 * @param ofController the resource that the controller is about
 */
export function refuseRepeatedDecorators(
  route: Route,
  decorators: readonly DecoratorMetadata[],
  ofController?: string,
): void {
  const seen = new Map<string, DecoratorMetadata>();
  for (const metadata of decorators) {
    const key = subjectOf(metadata, ofController);
    const other = seen.get(key);
    const problem =
      other && other.kind !== metadata.kind
        ? `${other.decorator} is there too, which says the opposite. Keep one of them.`
        : 'it is there twice. Keep one of them.';
    if (other) throw misplacedError(metadata, route.name, problem);
    seen.set(key, metadata);
  }
}

/** Returns a key that is equal for two decorators that cannot both be meant. */
function subjectOf(metadata: DecoratorMetadata, ofController: string | undefined): string {
  if (isRoomDecorator(metadata)) return JSON.stringify(['room', metadata.room]);
  const resource = namedResource(metadata) ?? ofController;
  if (isSubscribeDecorator(metadata)) return JSON.stringify([resource]);
  return JSON.stringify([metadata.kind, metadata.verb, metadata.attribute, resource]);
}
