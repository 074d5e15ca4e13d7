import { InvalidPublisherError } from '../errors/invalid-publisher.error.js';
import type { PublicationComposer } from '../publication-composer.js';
import type { ResourceRegistry } from '../resource-registry.js';
import type { Resource } from '../resource.js';
import { childParameterOf, conventionalOf, parentParameterOf, recordParameterOf } from './id-parameters.js';
import type { PublisherMetadata } from './publisher-metadata.js';
import { RecordFinder, type RecordParameters } from './record-finder.js';
import { RecordShape } from './record-shape.js';
import { isStreamType } from './response-value.js';
import type { Route } from './route.js';
import { RoutePublication } from './route-publication.js';
import { readView } from './view.js';

/** Reads one publishing decorator on one route, and refuses it if it cannot work. */
export class PublisherReader {
  private readonly options: PublisherMetadata['options'];

  constructor(
    private readonly route: Route,
    private readonly publisher: PublisherMetadata,
    private readonly registry: ResourceRegistry,
  ) {
    this.options = publisher.options;
  }

  /**
   * @param declared the resource that the controller is about
   * @throws InvalidPublisherError
   */
  read(declared: Resource | undefined, composer: PublicationComposer): RoutePublication {
    const { route, publisher } = this;
    const name = `${publisher.decorator} on ${route.name}`;
    this.assertAnswersRecords();
    const resource = this.readResource(declared);
    if (publisher.verb !== undefined) resource.declareVerb(publisher.verb, name);
    const ids = this.readIds(resource);
    if (ids.some((parameter) => parameter !== undefined && route.declaresNumber(parameter)))
      resource.declareNumericRoute();
    const children = this.readChildren(resource, ids);
    const numbers = children.filter(
      (parameter) => parameter !== undefined && route.declaresNumber(parameter),
    ) as string[];
    const finder = new RecordFinder(resource, publisher, { ids, children, numbers });
    return new RoutePublication(resource, publisher, name, composer, finder, this.readShape());
  }

  private assertAnswersRecords(): void {
    const { route } = this;
    if (!route.isRoute)
      this.refuse('this method is no route. Put the decorator on a method with @Get(), @Post() or the like.');
    if (route.answersByItself) {
      this.refuse(
        'the handler takes @Res() or @Next() and answers by itself, so nothing is known of the response. Use @Res({ passthrough: true }).',
      );
    }
    if (route.isServerSentEvents)
      this.refuse('server-sent events are a stream, not a record. Publish through a ResourceChannel instead.');
    if (isStreamType(route.returnType) || route.isAsyncGenerator)
      this.refuse('the response is a stream, not a record. Publish through a ResourceChannel instead.');
    if (route.answersWithPage && this.tellsRecord && this.options.view === undefined) {
      this.refuse(
        'the caller receives a page or a redirect, so the response does not say what of the record may be told. Declare it: { view: … }.',
      );
    }
  }

  private readResource(declared: Resource | undefined): Resource {
    const name = this.options.resource ?? this.publisher.resource;
    if (name === undefined) {
      return (
        declared ??
        this.refuse(
          `no resource is named. Put @Resourceful('name') on ${this.route.controller.name}, or name it in the decorator.`,
        )
      );
    }
    try {
      return this.registry.get(name);
    } catch (error) {
      return this.refuse((error as Error).message);
    }
  }

  private readIds({ name, idField }: Resource): RecordParameters['ids'] {
    const { id, child } = this.options;
    const { kind } = this.publisher;
    if (typeof id === 'function') return [];
    const names = { resource: name, idField, named: id };
    // The response to a creation is the record itself, and what stands in the path of such a route is usually its parent.
    const ids =
      kind === 'created' && id === undefined
        ? []
        : this.route.pathParameters.map((path) =>
            this.isMembership
              ? parentParameterOf(path, names, typeof child === 'string' ? child : undefined)
              : recordParameterOf(path, names),
          );
    const inRoute = ids.length > 0 && ids.every((parameter) => parameter !== undefined);
    if (inRoute) return ids;

    if (isPrimitive(this.route.returnType)) {
      this.refuse(
        `the response is a ${this.route.returnType.name.toLowerCase()}, which has no id. Answer the record, or say where the id is: { id: (record, { params }) => … }.`,
      );
    }
    const routeMustSay = this.isMembership || kind === 'replaced' || (kind === 'destroyed' && id === undefined);
    if (routeMustSay) {
      this.refuse(
        `the route's path does not say${id === undefined ? ' beyond doubt' : ''} where the id is. Put it into the path as ":${id ?? idField}", ` +
          `or say where it is: { id: 'parameter' } or { id: (record, { params }) => … }.`,
      );
    }
    return ids;
  }

  private readChildren({ name, idField }: Resource, ids: RecordParameters['ids']): RecordParameters['children'] {
    const { child, select } = this.options;
    const { kind } = this.publisher;
    if (!this.isMembership || typeof child === 'function') return [];
    const names = { resource: name, idField, named: child };
    const children = this.route.pathParameters.map((path, index) => childParameterOf(path, ids[index], names));
    const inRoute = children.every((parameter) => parameter !== undefined);
    const inResponse = child === undefined && (kind === 'addedTo' || select !== undefined);
    if (inRoute || (inResponse && !isPrimitive(this.route.returnType))) return children;
    return this.refuse(
      `the route's path does not hold the id of the other record${child === undefined ? '' : ` as ":${child}"`}. ` +
        `Add it to the path, or say where it is: { child: (response, { params, body }) => … }.`,
    );
  }

  private readShape(): RecordShape {
    const { view } = this.options;
    if (view === undefined) return new RecordShape(undefined);
    try {
      return new RecordShape(readView(view));
    } catch (error) {
      return this.refuse((error as Error).message);
    }
  }

  private get isMembership(): boolean {
    return this.publisher.kind === 'addedTo' || this.publisher.kind === 'removedFrom';
  }

  /** The others tell ids only. */
  private get tellsRecord(): boolean {
    return ['created', 'updated', 'addedTo', 'custom'].includes(this.publisher.kind);
  }

  private refuse(problem: string): never {
    throw new InvalidPublisherError(this.publisher.decorator, this.route.name, problem);
  }
}

/** `@Param('id') id: number`, on any route of a controller, says what the ids of its resource are; in the controller's own path `:id` may be another's. */
export function learnIdType(route: Route, resource: Resource): void {
  const names = { resource: resource.name, idField: resource.idField };
  const ids = route.pathParameters.flatMap(({ own, all }) => [
    ...conventionalOf(own, names),
    ...conventionalOf(all, names).filter((parameter) => parameter !== names.idField),
  ]);
  if (ids.some((parameter) => route.declaresNumber(parameter))) resource.declareNumericRoute();
}

function isPrimitive(type: unknown): type is typeof String | typeof Number | typeof Boolean {
  return type === String || type === Number || type === Boolean;
}
