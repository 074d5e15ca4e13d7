import type { ResourceRegistry } from '../../resources/definition/resource-registry.js';
import type { Resource } from '../../resources/definition/resource.js';
import {
  type DecoratorMetadata,
  methodDecorators,
  misplacedError,
  namedResource,
  alternativeTo,
} from '../decorators/decorator-metadata.js';
import { otherCallersOf } from './warnings/other-callers.js';
import { conventionalParameters, type IdNames, mayBeOfMember } from './paths/id-parameters.js';
import type { PathParameter } from '../request/record-finder.js';
import { keyParameterNames } from '../request/path-key.js';
import { isStreamType } from '../../common/type-guards.js';
import type { ReadValue } from '../publish-context.js';
import type { Route } from './route.js';
import { RouteValues } from './route-values.js';

/**
 * Reads one decorator on one route, and refuses it if it cannot work. This class has what all decorators have in
 * common.
 */
export abstract class DecoratorValidator<Metadata extends DecoratorMetadata> {
  constructor(
    protected readonly route: Route,
    protected readonly metadata: Metadata,
    private readonly registry: ResourceRegistry,
  ) {}

  /** The decorator and the route. */
  protected get name(): string {
    return `${this.metadata.decorator} on ${this.route.name}`;
  }

  protected assertIsRoute(): void {
    const { route } = this;
    const instead = alternativeTo(this.metadata);
    if (!route.isRoute) {
      const [caller] = otherCallersOf(route.handler);
      this.refuse(
        caller === undefined
          ? 'this method is not a route. Put the decorator on a method with @Get(), @Post() or the like.'
          : `this method is called by ${caller}, and is no route, so there is no response. ${instead}.`,
      );
    }
    if (route.answersByItself) {
      this.refuse(
        'the handler takes @Res() or @Next() and answers by itself, so nothing is known of the response. Use ' +
          '@Res({ passthrough: true }).',
      );
    }
    if (route.isServerSentEvents) this.refuse(`server-sent events are a stream, not a record. ${instead}.`);
    if (isStreamType(route.returnType) || route.isAsyncGenerator)
      this.refuse(`the response is a stream, not a record. ${instead}.`);
  }

  /** @param declared the resource that the controller is about */
  protected readResource(declared: Resource | undefined): Resource {
    const name = namedResource(this.metadata);
    if (name === undefined) {
      return (
        declared ??
        this.refuse(
          `no resource is named. Put @Resourceful('name') on ${this.route.controller.name}, or name it in the ` +
            `decorator.`,
        )
      );
    }
    try {
      return this.registry.get(name);
    } catch (error) {
      return this.refuse((error as Error).message);
    }
  }

  /**
   * Learns the type of the resource's ids from the path parameters that hold them, as far as they are declared as
   * numbers.
   */
  protected learnIdType(resource: Resource, ids: readonly PathParameter[]): void {
    const keys = keyParameterNames({ name: resource.name, keyField: resource.keys.field });
    const named = ids.filter((parameter) => parameter !== undefined && !keys.includes(parameter));
    if (this.numbersAmong(named).length > 0) resource.declareNumericRoute();
  }

  protected numbersAmong(parameters: readonly PathParameter[]): string[] {
    return parameters.filter((parameter) => parameter !== undefined).filter((one) => this.route.declaresNumber(one));
  }

  /** Returns readers of those parameters that the handler takes. */
  protected argumentsOf(parameters: readonly PathParameter[]): ReadonlyMap<string, ReadValue> {
    const values = new RouteValues(this.route);
    const taken = new Map<string, ReadValue>();
    for (const name of parameters) {
      const read = name === undefined ? undefined : values.findArgument(name);
      if (name !== undefined && read) taken.set(name, read);
    }
    return taken;
  }

  /** Tells whether the decorator is about another resource than the controller, as it says itself. */
  protected isForeign({ name }: Resource, declared: Resource | undefined): boolean {
    return namedResource(this.metadata) !== undefined && name !== declared?.name;
  }

  /** Returns the resource of the records in a collection, if either side declares a relation. */
  protected relatedResource(resource: string, attribute: string): string | undefined {
    const declared = this.registry.find(resource)?.relations[attribute]?.resource;
    const isInverse = (other: Resource): boolean =>
      Object.values(other.relations).some((end) => end.resource === resource && end.inverse === attribute);
    return declared ?? this.registry.all().find(isInverse)?.name;
  }

  protected refuse(problem: string): never {
    const { controller, methodName, name } = this.route;
    const isOwn = methodDecorators(controller.prototype as object, methodName).includes(this.metadata);
    const wayOut = isOwn ? '' : ` The decorator is on the class: put it on the methods that it is meant for.`;
    throw misplacedError(this.metadata, name, problem + wayOut);
  }
}

/**
 * Learns the type of the resource's ids from `@Param('id') id: number` on any route of its controller. In the
 * controller's own path, `:id` may be that of another resource.
 */
export function learnIdType(route: Route, resource: Resource): void {
  const names: IdNames = { resource: resource.name, idField: resource.idField };
  const ids = route.pathParameters.flatMap((path) => [
    ...conventionalParameters(path.own, names).filter((parameter) => !mayBeOfMember(path, parameter, names)),
    ...conventionalParameters(path.all, names).filter((parameter) => parameter !== names.idField),
  ]);
  if (ids.some((parameter) => route.declaresNumber(parameter))) resource.declareNumericRoute();
}

export function isPrimitive(type: unknown): type is typeof String | typeof Number | typeof Boolean {
  return type === String || type === Number || type === Boolean;
}
