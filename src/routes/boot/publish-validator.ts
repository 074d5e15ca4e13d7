import { RequestMethod } from '@nestjs/common';
import { describeValue } from '../../common/describe-value.js';
import { isRecord } from '../../common/type-guards.js';
import { RoomTemplate } from '../../rooms/room-template.js';
import { OMISSION } from '../../resources/pubsub/channel.options.js';
import type { Resource } from '../../resources/definition/resource.js';
import { SELECT } from '../../resources/definition/answers/select.js';
import { CollectionFinder, type CollectionParameters } from '../request/collection-finder.js';
import type { PublisherMetadata } from '../decorators/decorator-metadata.js';
import { DecoratorValidator, isPrimitive } from './decorator-validator.js';
import {
  collectionParametersOf,
  findContradiction,
  type IdNames,
  isUnclear,
  recordParameterOf,
  severalParameters,
  unclearPath,
} from './paths/id-parameters.js';
import { AdditionalRooms } from '../publish/additional-rooms.js';
import type { ReadValue } from '../publish-context.js';
import type { PathParameters } from './paths/path-parameters.js';
import { RouteValues } from './route-values.js';
import { RecordShape } from '../publish/record-shape.js';
import { RoutePublication } from '../publish/route-publication.js';
import type { RouteSerializers } from '../publish/route-serializers.js';
import type { Resources } from '../../resources/resources.js';
import { readView } from '../../resources/views/view.js';

/** The methods of requests that ask for something, and change nothing: whoever reads may repeat them. */
const SAFE_METHODS: ReadonlySet<RequestMethod> = new Set([
  RequestMethod.GET,
  RequestMethod.HEAD,
  RequestMethod.OPTIONS,
  RequestMethod.SEARCH,
  RequestMethod.PROPFIND,
  RequestMethod.QUERY,
]);

type CollectionIds = ReturnType<typeof collectionParametersOf>;

/** Reads one publishing decorator on one route, and refuses it if it cannot work. */
export class PublishValidator extends DecoratorValidator<PublisherMetadata> {
  /**
   * @param declared the resource that the controller is about
   * @throws InvalidPublisherError
   */
  validate(declared: Resource | undefined, resources: Resources, serializers: RouteSerializers): RoutePublication {
    const { metadata, name } = this;
    this.assertIsRoute();
    this.assertMayChange();
    this.assertSelect();
    this.assertOmission();
    const resource = this.readResource(declared);
    this.assertPublishable(resource);
    this.assertSlice(resource);
    if (metadata.verb !== undefined) resource.declareVerb(metadata.verb, name);
    const ids = this.readIds(resource, this.isForeign(resource, declared));
    this.learnIdType(resource, ids);
    const children = this.readChildren(resource);
    const taken = this.argumentsOf([...ids, ...children]);
    const parameters = { ids, children, numbers: this.numbersAmong(children), taken };
    const { attribute } = metadata;
    const findMembers =
      attribute === undefined
        ? undefined
        : (): Resource | undefined => resources.relations.find(resource, attribute)?.other;
    const finder = new CollectionFinder(resource, metadata.options, parameters, findMembers);
    const serializer = serializers.of(this.route.controller, this.route.handler);
    const records = { finder, shape: this.readShape(), rooms: this.readRooms(), serializer };
    return new RoutePublication(resource, metadata, name, records, resources);
  }

  /**
   * Checks what can be known only once everything about the resource has been declared.
   *
   * @throws InvalidPublisherError
   */
  assertComplete({ resource }: RoutePublication): void {
    if (!this.options.subscribe || resource.autosubscribes) return;
    this.refuse(
      `the option "subscribe" says no verbs, and "${resource.name}" is declared with autosubscribe: false. ` +
        `Declare there which verbs are meant, or ` +
        `subscribe through a ResourceChannel.`,
    );
  }

  private assertPublishable({ views }: Resource): void {
    const isViewed = this.options.view !== undefined || views.default !== undefined;
    if (this.route.answersWithPage && this.publishesRecord && !isViewed) {
      this.refuse(
        'the caller receives a page or a redirect, so the response does not say what of the record may be told. ' +
          'Declare it: { view: … }.',
      );
    }
  }

  /** An application's own verb may well be about reading. */
  private assertMayChange(): void {
    const { requestMethod } = this.route;
    if (this.metadata.kind === 'custom') return;
    if (requestMethod === RequestMethod.ALL)
      this.refuse(
        '@All() answers GET, too, which changes nothing. Name the methods: @Post(), @Put(), @Patch(), @Delete().',
      );
    if (SAFE_METHODS.has(requestMethod))
      this.refuse(
        `a ${RequestMethod[requestMethod]} request changes nothing: browsers, crawlers and caches send it whenever ` +
          `they like. Put the decorator on the route that makes the change, with @Post(), @Put(), @Patch() or ` +
          `@Delete(). To subscribe those who read, use @SubscribeOnRead().`,
      );
  }

  private assertSelect(): void {
    const { select } = this.options;
    const [expected, holds] = SELECT;
    if (select !== undefined && !holds(select)) this.refuse(`the option "select" must be ${expected}.`);
  }

  private assertOmission(): void {
    const { mirror, omit } = this.options;
    if (omit === undefined) return;
    const [expected, holds] = OMISSION;
    if (!holds(omit)) this.refuse(`the option "omit" must be ${expected}.`);
    if (mirror) this.refuse('"mirror" tells everybody, and "omit" says who is not told. Keep one of them.');
  }

  private assertSlice({ name, slices }: Resource): void {
    const { slice } = this.options;
    if (slice === undefined) return;
    if (!isObjectOfFunctions(slice))
      this.refuse(
        'the option "slice" must be an object of functions by field, such as { boardId: (record, context) => … }.',
      );
    if (this.isMembership || this.metadata.kind === 'replaced')
      this.refuse('the option "slice" is for what becomes of the record itself, and here others join or leave it.');
    if (!slices.any)
      this.refuse(
        `the option "slice" says where the record is, and "${name}" has no slices. Declare them: ` +
          `@Resourceful('${name}', { slices: ['field'] }).`,
      );
    const idle = Object.keys(slice).find((field) => !slices.fields.includes(field));
    if (idle !== undefined)
      this.refuse(`the option "slice" names "${idle}", by which "${name}" has no slice (there are ${slices.names}).`);
  }

  /** Reads the option `to`, unless it is a function. */
  private readRooms(): AdditionalRooms | undefined {
    const { to } = this.options;
    if (to === undefined || typeof to === 'function') return undefined;
    const given: readonly unknown[] = Array.isArray(to) ? to : [to];
    const rooms = given.map((room) => this.readRoom(room));
    const known = new RouteValues(this.route);
    const parameters = new Map<string, ReadValue>();
    for (const field of rooms.flatMap((room) => (typeof room === 'string' ? [] : room.fields))) {
      const read = known.find(field, false);
      if (read) parameters.set(field, read);
    }
    return new AdditionalRooms(this.name, rooms, parameters);
  }

  private readRoom(room: unknown): string | RoomTemplate {
    if (typeof room !== 'string' || room === '') {
      this.refuse(
        `the option "to" must be the name of a room, a template of one such as 'board:{boardId}', an array of these, ` +
          `or a function (record, context) => …, and it holds ${describeValue(room)}.`,
      );
    }
    if (!/[{}]/.test(room)) return room;
    try {
      return new RoomTemplate(room);
    } catch (error) {
      return this.refuse(`the option "to": ${(error as Error).message} Or give a function: { to: (record) => … }.`);
    }
  }

  private readIds({ name, idField, keys }: Resource, isResourceNamed: boolean): CollectionParameters['ids'] {
    const { id, select } = this.options;
    const { kind } = this.metadata;
    if (typeof id === 'function') return [];
    const names: IdNames = { resource: name, idField, keyField: keys.field, named: id, isResourceNamed };
    // The response to a creation is the new record, and the path of such a route usually names its parent.
    const ids =
      kind === 'created' && id === undefined
        ? []
        : this.isMembership
          ? this.collectionParameters({ name, idField, keyField: keys.field }).map(({ owner }) => owner)
          : this.route.pathParameters.map((path) => recordParameterOf(path, names));
    const inRoute = ids.length > 0 && ids.every((parameter) => parameter !== undefined);
    this.assertSameOnAllPaths(name, ids);
    if (inRoute) return ids;
    if (kind !== 'created' && !this.isMembership) {
      const unclear = this.route.pathParameters.find((path) => isUnclear(path, names));
      // What is selected says itself which one it is.
      if (unclear && select !== undefined && kind !== 'replaced') return [];
      if (unclear) this.refuseUnclear(name, unclear);
    }

    if (isPrimitive(this.route.returnType)) {
      this.refuse(
        `the response is a ${this.route.returnType.name.toLowerCase()}, which has no id. Answer the record, or ` +
          `say where the id is: { id: (record, { params }) => … }.`,
      );
    }
    const routeMustSay = this.isMembership || kind === 'replaced' || (kind === 'destroyed' && id === undefined);
    if (routeMustSay) {
      this.refuse(
        `the route's path does not say${id === undefined ? ' beyond doubt' : ''} where the id is. Put it into the ` +
          `path as ":${id ?? keys.field ?? idField}", ` +
          `or say where it is: { id: 'parameter' } or { id: (record, { params }) => … }.` +
          this.severalParameters,
      );
    }
    return ids;
  }

  private readChildren({ name, idField, keys }: Resource): CollectionParameters['children'] {
    const { child } = this.options;
    if (!this.isMembership || typeof child === 'function') return [];
    const children = this.collectionParameters({ name, idField, keyField: keys.field }).map(({ member }) => member);
    this.assertSameOnAllPaths(name, children);
    const inRoute = children.every((parameter) => parameter !== undefined);
    if (inRoute || (!this.isMemberInPath && !isPrimitive(this.route.returnType))) return children;
    return this.refuse(
      `the route's path does not hold the id of the other record${child === undefined ? '' : ` as ":${child}"`}. ` +
        `Add it to the path, or say where it is: { child: (response, { params, body }) => … }.` +
        this.severalParameters,
    );
  }

  /** Returns the parameters of each path that name the owner of the collection, and the record in it. */
  private collectionParameters({
    name,
    ...fields
  }: {
    name: string;
    idField: string;
    keyField?: string;
  }): CollectionIds[] {
    const { attribute = '', options } = this.metadata;
    const { id, child } = options;
    const owner: IdNames = { resource: name, ...fields, named: typeof id === 'string' ? id : undefined };
    const member = {
      attribute,
      resource: this.relatedResource(name, attribute),
      named: typeof child === 'string' ? child : undefined,
      isOwnerElsewhere: typeof id === 'function',
      isInPath: typeof child !== 'function' && this.isMemberInPath,
    };
    return this.route.pathParameters.map((path) => collectionParametersOf(path, owner, member));
  }

  /** Whether the path has to say which record joins or leaves the collection, since the response cannot be it. */
  private get isMemberInPath(): boolean {
    const { child, select } = this.options;
    return child !== undefined || (this.metadata.kind !== 'addedTo' && select === undefined);
  }

  private assertSameOnAllPaths(resource: string, found: CollectionParameters['ids']): void {
    const contradiction = findContradiction(this.route.pathParameters, found);
    if (contradiction)
      this.refuseUnclear(resource, contradiction, 'means something else on another path of this route');
  }

  private get severalParameters(): string {
    return severalParameters(this.route.pathParameters, this.isMembership);
  }

  private refuseUnclear(resource: string, path: PathParameters, problem?: string): never {
    this.refuse(unclearPath(path, resource, { hasMember: this.isMembership, problem }));
  }

  private readShape(): RecordShape {
    const { view } = this.options;
    if (view === undefined) return new RecordShape(undefined, this.name);
    try {
      return new RecordShape(readView(view).apply, this.name);
    } catch (error) {
      return this.refuse((error as Error).message);
    }
  }

  private get isMembership(): boolean {
    return this.metadata.kind === 'addedTo' || this.metadata.kind === 'removedFrom';
  }

  /** Tells whether the publication holds the record. The other kinds hold ids only. */
  private get publishesRecord(): boolean {
    return ['created', 'updated', 'addedTo', 'custom'].includes(this.metadata.kind);
  }

  private get options(): PublisherMetadata['options'] {
    return this.metadata.options;
  }
}

function isObjectOfFunctions(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((read) => typeof read === 'function');
}
