import type { RecordId } from '../../protocol/resource-message.js';
import { isObject } from '../../common/type-guards.js';
import type { Resource } from '../../resources/definition/resource.js';
import { selectedFields } from '../../resources/definition/answers/select.js';
import type { RelationGraph } from '../../resources/relations/relation-graph.js';
import { recordOf, type RouteResult } from './route-result.js';
import { runOption } from './option-functions.js';
import { Skipped } from './skipped.js';
import type { PublishOnCollectionOptions } from '../decorators/publish.options.js';
import { RecordFinder, type PathParameter, type RecordParameters } from './record-finder.js';
import { PathKey } from './path-key.js';
import type { Selection } from './selection.js';

/** The path parameters that name the record, and those that name records of its collection. */
export interface CollectionParameters extends RecordParameters {
  /** The record that is added to the collection or removed from it. */
  children: readonly PathParameter[];
}

/**
 * Finds the records that a change is about: those that changed, those whose collection changed, and the members of that
 * collection.
 */
export class CollectionFinder extends RecordFinder {
  constructor(
    resource: Resource,
    protected override readonly options: PublishOnCollectionOptions,
    protected override readonly parameters: CollectionParameters,
    /** Returns the resource of what is in the collection, once relations are known and if one names it. */
    private readonly findMembers: () => Resource | undefined = () => undefined,
  ) {
    super(resource, options, parameters);
  }

  /** A record that joins or leaves a collection is what an answer is more likely to hold than the owner. */
  protected override get selecting(): readonly Resource[] {
    const members = this.findMembers();
    return members === undefined || members === this.resource ? [this.resource] : [members, this.resource];
  }

  /**
   * Returns the id of the record that owns the collection. The route says which one it is, because the response may be
   * either of the two; unless the decorator selects the owner by the name of its resource, and the parameter in the
   * path is not named like an id.
   */
  async parentIdOf(selected: unknown, result: RouteResult): Promise<RecordId> {
    const { id } = this.options;
    const { resource, namedField } = this;
    const shown = recordOf(selected);
    const own = this.selectsOwner(result) ? shown?.[resource.idField] : undefined;
    if (own !== undefined && own !== null) return this.canonical(own);
    const ofRoute = typeof id === 'function' ? await this.askForId(id, selected, result) : this.routeId(result);
    if (!(ofRoute instanceof PathKey)) return this.canonical(ofRoute ?? shown?.[namedField ?? resource.idField]);
    const { keys } = resource;
    const { key, mayBeId } = ofRoute;
    const known = keys.findIn([recordOf(result.previous)], key) ?? this.findRemembered(ofRoute);
    if (known !== undefined) return known;
    if (this.mayShowOwner(key, result)) return keys.findIn([shown], key) ?? this.canonical(ofRoute);
    throw new Skipped(`${keys.problemOf(key, mayBeId)}; give the record as it was, by the option "previous"`);
  }

  /**
   * Tells whether a record in the response that has the owner's key is the owner. A member of the collection may have
   * the same key, and an id of its own.
   */
  private mayShowOwner(key: string, { context }: RouteResult): boolean {
    const { children } = this.parameters;
    const members = this.findMembers();
    if (members === this.resource || children.includes(undefined)) return false;
    const member = this.pathParameter(context, children, members);
    return !(member instanceof PathKey && member.key === key);
  }

  private selectsOwner({ context }: RouteResult): boolean {
    const { id, select } = this.options;
    const { name, idField } = this.resource;
    if (id !== undefined || !selectedFields(select)?.some((field) => field.split('.').at(-1) === name)) return false;
    const isMemberKnown = this.pathParameter(context, this.parameters.children, undefined) !== undefined;
    return isMemberKnown && !this.idParameters.some((one) => [idField, `${name}Id`, `${name}_id`].includes(one));
  }

  /** Tells whether what was selected is the owner of the collection, rather than something in it. */
  isOwner({ by }: Selection): boolean {
    return by === this.resource && this.findMembers() !== this.resource;
  }

  /**
   * Returns the records, or their ids, that are added to the collection or removed from it.
   *
   * @param check throws if what was selected is no record; it counts only where nothing else says which one it is
   */
  async childrenOf(
    selected: unknown,
    result: RouteResult,
    check: (selected: unknown) => void = () => undefined,
  ): Promise<unknown[]> {
    const said = await this.childOption(result);
    const members = this.findMembers();
    const ofRoute = said ?? this.pathParameter(result.context, this.parameters.children, members);
    if (ofRoute === undefined || ofRoute === null) check(selected);
    const child = ofRoute instanceof PathKey ? this.memberIdOf(ofRoute, selected, members) : (ofRoute ?? selected);
    if (child === undefined || child === null)
      throw new Skipped('neither the route nor the response says which record it is about');
    return asArray(child);
  }

  /** Returns the id of the member of the collection that has this key. */
  private memberIdOf({ key, mayBeId }: PathKey, selected: unknown, members: Resource | undefined): unknown {
    const { keys } = members ?? this.resource;
    const id = keys.findIn([recordOf(selected)], key) ?? (mayBeId ? keys.resolve(key) : keys.find(key));
    if (id !== undefined) return id;
    throw new Skipped(`${keys.problemOf(key, mayBeId)}; answer the record with its id`);
  }

  /** Returns all that the collection holds now. */
  async listOf(selected: unknown, attribute: string, result: RouteResult): Promise<unknown[]> {
    const said = await this.childOption(result);
    const list = listIn(said ?? selected, attribute) ?? listIn(result.context.body, attribute);
    if (list) return list;
    throw new Skipped(
      `neither the response nor the body holds the list of ${attribute}; give it with the option "child"`,
    );
  }

  /** Returns what the collection held before. */
  previousListOf({ previous }: RouteResult, attribute: string): unknown[] {
    return listIn(previous, attribute) ?? [];
  }

  /** Returns the record as it was: among several, the one with this id. */
  previousOf({ previous }: RouteResult, id: RecordId, several: boolean): object | undefined {
    if (!several && !Array.isArray(previous)) return recordOf(previous);
    return recordOf(
      asArray(previous).find((one) => {
        const known = isObject(one) ? this.resource.findIdOf(one) : undefined;
        return known !== undefined && this.resource.ids.isSame(known, id);
      }),
    );
  }

  protected override get isViewed(): boolean {
    return super.isViewed || this.resource.views.default !== undefined;
  }

  protected override get adviceOnKeys(): string {
    return 'show the id in the response, or give the record as it was, by the option "previous"';
  }

  protected override get wayOut(): string {
    return 'declare what of it may be told with the option "view"';
  }

  private async childOption({ response, context }: RouteResult): Promise<unknown> {
    const { child } = this.options;
    return typeof child === 'function' ? runOption('child', () => child(response, context)) : undefined;
  }
}

/**
 * Checks what joins or leaves a collection.
 *
 * @throws Skipped if it does not show which records these are
 */
export function assertAreMembers(
  members: readonly unknown[],
  attribute: string,
  resource: Resource,
  relations: RelationGraph,
): void {
  const isOne = (one: unknown): boolean => relations.findRelatedId(resource, attribute, one) !== undefined;
  // What is no object can be said to be no id, and why.
  if (members.every((one) => !isObject(one) || isOne(one))) return;
  const { idField } = relations.find(resource, attribute)?.other ?? resource;
  throw new Skipped(
    `what the response shows of a record in "${attribute}" has no id in the field "${idField}"; say where the ` +
      `record is with the option "select", or which one it is with { child: (response, context) => … }`,
  );
}

function listIn(value: unknown, attribute: string): unknown[] | undefined {
  const list = Array.isArray(value) ? value : recordOf(value)?.[attribute];
  return Array.isArray(list) ? list : undefined;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
