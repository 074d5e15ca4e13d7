import { RequestMethod, type Type } from '@nestjs/common';
import {
  classDecorators,
  CONVENTIONAL_METHODS,
  type DecoratorMetadata,
  isRoomDecorator,
  isSubscribeDecorator,
  methodDecorators,
  misplacedError,
} from '../decorators/decorator-metadata.js';
import type { Route } from './route.js';

/**
 * Returns the decorators of the method; without any, those of the class that apply by convention. Decorators that
 * publish and those that subscribe are looked at separately.
 */
export function decoratorsFor(route: Route): DecoratorMetadata[] {
  const decorators = methodDecorators(route.controller.prototype as object, route.methodName);
  const ofRooms = decorators.filter(isRoomDecorator);
  const own = decorators.filter((metadata) => !isRoomDecorator(metadata));
  const ofResources = [false, true].flatMap((subscribing) => {
    const isWanted = (metadata: DecoratorMetadata): boolean => isSubscribeDecorator(metadata) === subscribing;
    const ownOnes = own.filter(isWanted);
    if (ownOnes.length > 0) return ownOnes;
    return classDecorators(route.controller).filter((metadata) => isWanted(metadata) && applies(metadata, route));
  });
  return [...ofResources, ...ofRooms];
}

/** Throws for a decorator on a class that has no route for it. */
export function refuseIdleClassDecorators(controller: Type, routes: readonly Route[]): void {
  for (const metadata of classDecorators(controller)) {
    if (routes.some((route) => applies(metadata, route))) continue;
    const others = routes.filter((route) => isOfMethod(metadata, route)).map(describe);
    const problem =
      others.length === 0
        ? 'no route of the class has the method that it is about. Put it on a method instead.'
        : `of the routes with that method, none has the path of the collection or of one record. Put it on those ` +
          `that are meant, of ${listed(others)}.`;
    throw misplacedError(metadata, controller.name, problem);
  }
}

/**
 * Warns of routes that the publishing decorators on a class leave alone because of their paths, although a reader of
 * the class might think otherwise.
 */
export function leftRouteWarnings(controller: Type, routes: readonly Route[]): string[] {
  const publishing = classDecorators(controller).filter((metadata) => !isSubscribeDecorator(metadata));
  const concerned = routes.filter(
    (route) => !hasOwnPublisher(route) && publishing.some((metadata) => isOfMethod(metadata, route)),
  );
  const left = concerned.filter((route) => !route.isOfCollectionOrRecord);
  if (left.length === 0) return [];
  const taken = concerned.filter((route) => route.isOfCollectionOrRecord).map(describe);
  const named = publishing.map(({ decorator }) => decorator);
  return [
    `${listed(named)} on the class ${controller.name} ${named.length > 1 ? 'publish' : 'publishes'} ` +
      `${taken.length > 0 ? listed(taken) : 'nothing'}, and not ${listed(left.map(describe))}: a decorator on a ` +
      `class is about routes whose own path is that of the collection or of one record. Decorate the other methods ` +
      `themselves, if they are to publish.`,
  ];
}

/** Tells whether a decorator on the class is about this route. */
function applies(metadata: DecoratorMetadata, route: Route): boolean {
  return isOfMethod(metadata, route) && (isSubscribeDecorator(metadata) || route.isOfCollectionOrRecord);
}

function isOfMethod({ kind }: DecoratorMetadata, route: Route): boolean {
  return route.isRoute && CONVENTIONAL_METHODS[kind]?.includes(route.requestMethod) === true;
}

function hasOwnPublisher({ controller, methodName }: Route): boolean {
  return methodDecorators(controller.prototype as object, methodName).some(
    (metadata) => !isSubscribeDecorator(metadata) && !isRoomDecorator(metadata),
  );
}

function describe({ requestMethod, paths, methodName }: Route): string {
  return `${RequestMethod[requestMethod]} ${paths.join(' | ')} (${methodName})`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
